import { status } from '@grpc/grpc-js';
import { endTrial, keepConfig, runConfig, tryConfig } from '../../world/talos-config.js';
import { orderReboot } from '../../world/talos-orders.js';
import { type Document, settingsOf } from '../../world/talos-settings.js';
import { talosMinor } from '../../world/talos-version.js';
import type { StoredConfig } from '../../world/types.js';
import type { CallContext, Method } from '../calls.js';
import { encodeConfig } from '../config/encode.js';
import { needsReboot } from '../config/immediate.js';
import { ConfigError, loadConfig } from '../config/load.js';
import { mainOf } from '../config/reading.js';
import { textDiff } from '../config/text-diff.js';
import { configRefusal, runtimeRefusal, type Target } from '../config/validate.js';
import { Failure, notAuthorized } from '../failure.js';
import { activeConfig } from '../kinds/machine-config.js';
import { ADMINS } from '../roles.js';

type Mode = 'REBOOT' | 'AUTO' | 'NO_REBOOT' | 'STAGED' | 'TRY';

interface ApplyRequest {
  readonly data: Buffer;
  readonly mode: Mode;
  readonly dry_run: boolean;
  readonly try_mode_timeout: { readonly seconds: string; readonly nanos: number } | null;
}

/** What will be done, and the words for it. */
interface Plan {
  readonly mode: Mode;
  readonly details: string;
  /** Why a restart is needed. */
  readonly reason: string;
}

const WITH_REBOOT = 'Applied configuration with a reboot';
const WITHOUT_REBOOT = 'Applied configuration without a reboot';
const DEFAULT_TRY_MS = 60_000;

const invalid = (text: string): Failure => new Failure(status.INVALID_ARGUMENT, text);

/** @throws Failure when the text is no configuration. */
function load(text: string, minor: number): readonly Document[] {
  try {
    return loadConfig(text, minor);
  } catch (error) {
    if (error instanceof ConfigError) throw invalid(error.message);
    throw error;
  }
}

/** @throws Failure when Talos would not run it. */
function validate(documents: readonly Document[], target: Target): void {
  const refusal = configRefusal(documents, target) ?? runtimeRefusal(documents, target);
  if (refusal !== null) throw invalid(refusal);
}

const targetOf = ({ node }: CallContext): Target => ({
  talosVersion: node.talosVersion,
  minor: talosMinor(node.talosVersion),
  isInstalled: node.machine.systemDisk !== null,
});

function apply(context: CallContext, message: object): object {
  const request = message as ApplyRequest;
  return context.node.stage === 'maintenance'
    ? applyFirst(context, request)
    : applyNext(context, request);
}

/** A machine without a configuration takes it from anybody. */
function applyFirst(context: CallContext, request: ApplyRequest): object {
  const { node } = context;
  const target = targetOf(context);
  const isOld = target.minor < 13;
  if (isOld && ['NO_REBOOT', 'STAGED'].includes(request.mode)) {
    const mode = request.mode.toLowerCase().replaceAll('_', '-');
    throw new Failure(
      status.UNIMPLEMENTED,
      `apply configuration --mode='${mode}' is not supported in maintenance mode`,
    );
  }
  const documents = readFirst(request, target);
  if (request.dry_run) return firstDryRun(isOld);
  const stored: StoredConfig = {
    text: request.data.toString('utf8'),
    settings: settingsOf(documents),
  };
  // 1.13 and later wait on when a part is missing; a part alone configures nothing here.
  if (mainOf(documents) !== undefined) node.machine.whenConfigured?.(stored);
  return isOld ? { warnings: [] } : { mode: 'NO_REBOOT', mode_details: WITHOUT_REBOOT };
}

function readFirst(request: ApplyRequest, target: Target): readonly Document[] {
  const text = request.data.toString('utf8');
  if (target.minor >= 13) {
    const documents = load(text, target.minor);
    validate(documents, target);
    return documents;
  }
  try {
    const documents = loadConfig(text, target.minor);
    const refusal = configRefusal(documents, target);
    if (refusal !== null) throw invalid(`configuration validation failed: ${refusal}`);
    const atRuntime = runtimeRefusal(documents, target);
    if (atRuntime !== null) throw invalid(`runtime configuration validation failed: ${atRuntime}`);
    return documents;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new Failure(status.UNKNOWN, `failed to parse config: ${error.message}`);
  }
}

const firstDryRun = (isOld: boolean): object =>
  isOld
    ? {
        mode_details:
          'Dry run summary:\nNode is running in maintenance mode and does not have a config yet.',
      }
    : {
        mode: 'NO_REBOOT',
        mode_details: `Dry run summary:\n${WITHOUT_REBOOT} (skipped in dry-run).\n`,
      };

function applyNext(context: CallContext, request: ApplyRequest): object {
  const { node, talos } = context;
  const { world, lab } = talos;
  const target = targetOf(context);
  if (!ADMINS.some((role) => context.roles.has(role))) throw notAuthorized();
  if (target.minor === 13 && node.stage === 'rebooting') {
    throw new Failure(
      status.FAILED_PRECONDITION,
      'configuration was already applied and node is rebooting, cannot apply more configuration changes until next reboot',
    );
  }
  if (target.minor < 14 && request.mode !== 'TRY') endTrial(node);
  const text = request.data.toString('utf8');
  const documents = load(text, target.minor);
  if (mainOf(documents) === undefined) {
    throw invalid(
      "the applied machine configuration doesn't contain v1alpha1 config, did you mean to patch the machine config instead?",
    );
  }
  if (target.minor >= 14 && request.mode === 'REBOOT') {
    throw new Failure(
      status.UNIMPLEMENTED,
      'the REBOOT mode is not supported, please use AUTO or NO_REBOOT modes instead',
    );
  }
  validate(documents, target);
  const current = load(activeConfig({ lab, world, node }), target.minor);
  const plan = planOf(request.mode, needsRebootOn(current, documents, target.minor), target.minor);
  if (request.dry_run) return dryRun(plan, current, documents, target.minor);
  if (target.minor >= 14 && request.mode !== 'TRY') endTrial(node);
  node.journal.say(world.clock.now(), `apply config request: mode ${wordOf(request.mode, plan)}`);
  const timeoutMs = timeoutOf(request);
  carryOut(context, plan, { text, settings: settingsOf(documents) }, timeoutMs);
  const trial =
    plan.mode === 'TRY'
      ? `\nThe config is applied in 'try' mode and will be automatically reverted back in ${goDuration(timeoutMs)}`
      : '';
  return { mode: plan.mode, mode_details: `${plan.details}${trial}${plan.reason}` };
}

/** From 1.14 on there is nothing that a running machine could not take over. */
const needsRebootOn = (
  current: readonly Document[],
  next: readonly Document[],
  minor: number,
): string | null => (minor >= 14 ? null : needsReboot(current, next, minor));

/** @throws Failure when the change needs a restart that the caller does not want. */
function planOf(mode: Mode, obstacle: string | null, minor: number): Plan {
  switch (mode) {
    case 'TRY':
    case 'NO_REBOOT':
      if (obstacle !== null) throw invalid(obstacle);
      return { mode, details: WITHOUT_REBOOT, reason: '' };
    case 'STAGED':
      return {
        mode,
        details: 'Staged configuration to be applied after the next reboot',
        reason: '',
      };
    case 'AUTO':
      if (obstacle === null || minor >= 14) {
        return { mode: 'NO_REBOOT', details: WITHOUT_REBOOT, reason: '' };
      }
      return { mode: 'REBOOT', details: WITH_REBOOT, reason: `: ${obstacle}` };
    case 'REBOOT':
      return { mode, details: WITH_REBOOT, reason: '' };
  }
}

const wordOf = (asked: Mode, plan: Plan): string =>
  (asked === 'AUTO' ? `${asked}(${plan.mode})` : asked).toLowerCase();

function dryRun(
  plan: Plan,
  current: readonly Document[],
  next: readonly Document[],
  minor: number,
): object {
  const diff = textDiff(encodeConfig(current, minor), encodeConfig(next, minor));
  return {
    mode: plan.mode,
    mode_details: `Dry run summary:\n${plan.details} (skipped in dry-run).\nConfig diff:\n\n${diff === '' ? 'No changes.' : diff}`,
  };
}

function carryOut(
  { talos: { world }, node }: CallContext,
  plan: Plan,
  config: StoredConfig,
  timeoutMs: number,
): void {
  switch (plan.mode) {
    case 'TRY':
      tryConfig(world, node, config, timeoutMs);
      return;
    case 'STAGED':
      keepConfig(world, node, config);
      return;
    case 'REBOOT':
      keepConfig(world, node, config);
      orderReboot(world, node, 'DEFAULT', { actorId: '', takesOver: true });
      return;
    case 'AUTO':
    case 'NO_REBOOT':
      keepConfig(world, node, config);
      runConfig(world, node, config);
  }
}

function timeoutOf({ try_mode_timeout: timeout }: ApplyRequest): number {
  if (timeout === null) return DEFAULT_TRY_MS;
  return Number(timeout.seconds) * 1000 + Math.floor(timeout.nanos / 1e6);
}

/** `1m0s` */
function goDuration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  if (hours > 0) return `${hours}h${minutes}m${seconds % 60}s`;
  return minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`;
}

export const APPLY_METHODS: Readonly<Record<string, Method>> = {
  ApplyConfiguration: {
    kind: 'unary',
    isWrapped: true,
    roles: ADMINS,
    inMaintenance: 'always',
    answer: apply,
  },
};
