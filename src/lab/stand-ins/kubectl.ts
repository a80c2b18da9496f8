#!/usr/bin/env node
import { processIo } from './kubectl/io.js';
import { main } from './kubectl/main.js';

// A reader that went away (`| head`) is no error.
process.stdout.on('error', () => process.exit(0));

process.exitCode = await main(process.argv.slice(2), processIo);
