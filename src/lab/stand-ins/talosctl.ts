#!/usr/bin/env node
import { watchSignals } from './talosctl/interruption.js';
import { main } from './talosctl/main.js';

// A reader that went away (`| head`) is no error.
process.stdout.on('error', () => process.exit(0));

// Pipes and files are written at once on Linux; connections that are still being tried would keep us.
process.exit(await main(process.argv.slice(2), watchSignals()));
