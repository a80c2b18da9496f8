import { ConfigurationError } from '../model/errors.js';

/** The command line was wrong: exit code 2. */
export class UsageError extends ConfigurationError {
  override name = 'UsageError';
}
