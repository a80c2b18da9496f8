/** What an expression may name. */
export interface ExpressionScope {
  readonly object: 'link' | 'disk';
  readonly fields: ReadonlySet<string>;
  readonly names: ReadonlySet<string>;
}

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** CEL's own functions, macros and literals. */
const EVERYWHERE =
  'true false null in size has all exists exists_one map filter contains startsWith endsWith matches int uint double string bool bytes duration timestamp type glob';

export const LINK_SCOPE: ExpressionScope = {
  object: 'link',
  fields:
    words(`index type link_index flags hardware_addr broadcast_addr mtu queue_disc master_index
    operational_state kind slave_kind bus_path pciid driver driver_version firmware_version product_id vendor_id
    product vendor link_state speed_megabits port duplex vlan bridge_master bond_master wireguard permanent_addr
    alias alt_names`),
  names: words(`link mac ${EVERYWHERE}`),
};

export const DISK_SCOPE: ExpressionScope = {
  object: 'disk',
  fields:
    words(`size io_size sector_size readonly model serial modalias wwid bus_path sub_system transport
    rotational cdrom dev_path pretty_size secondary_disks uuid symlinks`),
  names: words(`disk system_disk kB KB KiB MB MiB GB GiB TB TiB PB PiB EB EiB ${EVERYWHERE}`),
};

const TOKEN = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\.?\s*[a-zA-Z_]\w*|\d[\w.]*/g;

/** Names that exist; a grammar of its own would be more than configurations need. null = nothing wrong was found. */
export function expressionError(text: string, scope: ExpressionScope): string | null {
  let before = '';
  for (const match of text.matchAll(TOKEN)) {
    const [token] = match;
    if (/^["'\d]/.test(token)) {
      before = token;
      continue;
    }
    const column = match.index;
    if (token.startsWith('.')) {
      const field = token.slice(1).trim();
      if (before === scope.object && !scope.fields.has(field)) {
        return located(text, column, `undefined field '${field}'`);
      }
    } else if (!scope.names.has(token)) {
      return located(text, column, `undeclared reference to '${token}' (in container '')`);
    }
    before = token;
  }
  const problem = /(?:&&|\|\||[=!<>]=?|[-+*/,(.])\s*$/.test(text);
  return problem ? located(text, text.length, "Syntax error: mismatched input '<EOF>'") : null;
}

function located(text: string, column: number, problem: string): string {
  return `ERROR: <input>:1:${column + 1}: ${problem}\n | ${text}\n | ${'.'.repeat(column)}^`;
}
