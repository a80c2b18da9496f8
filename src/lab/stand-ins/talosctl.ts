#!/usr/bin/env node
import { watchSignals } from './talosctl/interruption.js';
import { main } from './talosctl/main.js';

// A reader that went away (`| head`) is no error.
process.stdout.on('error', () => process.exit(0));

const code = await main(process.argv.slice(2), watchSignals());
// Connections that are still being tried would keep us; a pipe takes what fits and the rest later.
process.stdout.write('', () => process.exit(code));
