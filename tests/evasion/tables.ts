import { CARRIERS } from './carriers.js';
import { EVASIONS } from './cases.js';
import { BODY_KINDS } from './draft.js';
import type { Judgement } from './judge.js';
import { GROUPS } from './places.js';
import type { Result } from './run-evasion.js';

interface Count {
  denied: number;
  of: number;
}

/** Counts of denied requests: a row for each evasion or family, a column for each group of places or kind of body. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly {
    readonly name: string;
    readonly cells: readonly Count[];
    readonly attacks: Count;
    readonly benign: Count;
  }[];
}

/** @param short a row for each family rather than each evasion. */
export function tablesOf(judgement: Judgement, short: boolean): Table[] {
  const label = ({ name, family }: { name: string; family: string }): string => (short ? family : name);
  return [
    tableOf('Evasions', GROUPS, [...new Set(EVASIONS.slice(1).map(label))], judgement, ({ case: one }) =>
      one.carrier === undefined ? { row: label(one.evasion), column: one.place.group } : undefined,
    ),
    tableOf('Body types', BODY_KINDS, [...new Set(CARRIERS.map(label))], judgement, ({ case: one }) =>
      one.carrier === undefined ? undefined : { row: label(one.carrier), column: one.kind! },
    ),
  ];
}

function tableOf(
  title: string,
  columns: readonly string[],
  names: readonly string[],
  { attacks, benign }: Judgement,
  cellOf: (result: Result) => { row: string; column: string } | undefined,
): Table {
  const rows = names.map((name) => ({ name, cells: columns.map(nothing), attacks: nothing(), benign: nothing() }));
  const byName = new Map(rows.map((row) => [row.name, row]));
  for (const result of [...attacks, ...benign]) {
    const cell = cellOf(result);
    const row = cell && byName.get(cell.row);
    if (cell === undefined || row === undefined) continue;
    if (result.case.attack) {
      add(row.cells[columns.indexOf(cell.column)]!, result);
      add(row.attacks, result);
    } else add(row.benign, result);
  }
  const total = { name: 'all', cells: columns.map(nothing), attacks: nothing(), benign: nothing() };
  for (const row of rows) {
    row.cells.forEach((cell, k) => void sum(total.cells[k]!, cell));
    sum(total.attacks, row.attacks);
    sum(total.benign, row.benign);
  }
  return { title, columns, rows: [...rows, total] };
}

const nothing = (): Count => ({ denied: 0, of: 0 });

function add(count: Count, { denied }: Result): void {
  count.of++;
  if (denied) count.denied++;
}

function sum(total: Count, { denied, of }: Count): void {
  total.denied += denied;
  total.of += of;
}

/** `24` where all are denied, `22/24` where not, a dot where there are none. */
const attackCell = ({ denied, of }: Count): string => (of === 0 ? '·' : denied === of ? `${of}` : `${denied}/${of}`);
const benignCell = ({ denied, of }: Count): string => (of === 0 ? '·' : `${denied}/${of}`);

function linesOf({ title, columns, rows }: Table): string[][] {
  return [
    [title, ...columns, 'all', 'benign'],
    ...rows.map(({ name, cells, attacks, benign }) => [
      name,
      ...cells.map(attackCell),
      attackCell(attacks),
      benignCell(benign),
    ]),
  ];
}

export function renderText(table: Table): string {
  const lines = linesOf(table);
  const widths = lines[0]!.map((_, k) => Math.max(...lines.map((line) => line[k]!.length)));
  return lines
    .map((line) => line.map((cell, k) => (k === 0 ? cell.padEnd(widths[k]!) : cell.padStart(widths[k]!))).join('  '))
    .join('\n');
}

export function renderMarkdown(table: Table): string {
  const [head, ...rows] = linesOf(table).map((line) => `| ${line.map(escapeCell).join(' | ')} |`);
  return [head, `|---${'|--:'.repeat(table.columns.length + 2)}|`, ...rows].join('\n');
}

function escapeCell(text: string): string {
  return text.replace(/[\\|*<]/g, '\\$&');
}
