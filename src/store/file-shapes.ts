import { isIP } from 'node:net';
import { z } from 'zod';

const path = z.string().min(1, 'is empty');

export const webAddress = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), 'is no URL');

const secureAddress = z
  .string()
  .refine((text) => URL.canParse(text) && new URL(text).protocol === 'https:', 'is no https URL');

const fingerprint = z
  .string()
  .transform((text) => text.toUpperCase())
  .refine(
    (text) => /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/.test(text),
    'is no SHA-256 fingerprint (32 hex pairs with colons)',
  );

export const programsShape = z.strictObject({
  talosctl: path.optional(),
  kubectl: path.optional(),
  helm: path.optional(),
});

/** Of TALOS_TUI_PVE: what else is in there is for others. */
export const proxmoxVariableShape = z.object({
  url: secureAddress,
  tokenFile: path,
  caFile: path.nullish(),
  fingerprint: fingerprint.nullish(),
});

export const proxmoxShape = proxmoxVariableShape.strict();

export const waitsShape = z.strictObject({
  /** Of a node after it was worked on; 60 unless told. */
  quietSeconds: z.number().int().min(0).max(3_600).optional(),
});

export const ipAddress = z.string().refine((text) => isIP(text) !== 0, 'is no IP address');

/** `clusters/<name>.yaml`: how one cluster is reached. */
export const inventoryShape = z.strictObject({
  /** Default: the name of the file. */
  name: z.string().min(1).optional(),
  talos: z.strictObject({ config: path, context: z.string().min(1).optional() }).optional(),
  kubernetes: z.strictObject({ config: path, context: z.string().min(1).optional() }).optional(),
  proxmox: proxmoxShape.optional(),
  vip: ipAddress.optional(),
  factoryUrl: webAddress.optional(),
  production: z.boolean().optional(),
  readOnly: z.boolean().optional(),
  snapshotDir: path.optional(),
  programs: programsShape.optional(),
  waits: waitsShape.optional(),
});

export type Inventory = z.infer<typeof inventoryShape>;
export type ProxmoxEntry = z.infer<typeof proxmoxShape>;
