import type { Outcome } from './outcome.js';
import type { Expectation, SuiteCase } from './suite-case.js';

export type Counts = Record<Outcome | 'sent', number>;

/** Counts of one class in one zone. */
export interface Row {
  readonly class: string;
  readonly zone: string;
  readonly expected: Expectation;
  readonly counts: Counts;
}

/** Counts outcomes by class, zone and expectation. */
export class Tally {
  private readonly byKey = new Map<string, Row>();

  add(one: Pick<SuiteCase, 'class' | 'zone' | 'expected'>, outcome: Outcome): void {
    const key = JSON.stringify([one.expected, one.class, one.zone]);
    let row = this.byKey.get(key);
    if (row === undefined) {
      row = { class: one.class, zone: one.zone, expected: one.expected, counts: none() };
      this.byKey.set(key, row);
    }
    row.counts.sent++;
    row.counts[outcome]++;
  }

  /** Expectation, class, zone in that order. */
  rows(): Row[] {
    const order = (row: Row) => `${ORDER.indexOf(row.expected)} ${row.class} ${row.zone}`;
    return [...this.byKey.values()].sort((a, b) => (order(a) < order(b) ? -1 : 1));
  }

  /** Over all rows with an expectation, and over all. */
  totals(): { expected: Expectation | 'all'; counts: Counts }[] {
    const rows = this.rows();
    const of = (expected: Expectation | 'all') => ({
      expected,
      counts: sum(rows.filter((row) => expected === 'all' || row.expected === expected)),
    });
    const present = ORDER.filter((expected) => rows.some((row) => row.expected === expected));
    return present.length === 1 ? present.map(of) : [...present.map(of), of('all')];
  }
}

const ORDER: readonly Expectation[] = ['blocked', 'passed', 'unknown'];

function none(): Counts {
  return { sent: 0, blocked: 0, passed: 0, refused: 0, error: 0 };
}

function sum(rows: readonly Row[]): Counts {
  const total = none();
  for (const { counts } of rows) for (const key of Object.keys(total) as (keyof Counts)[]) total[key] += counts[key];
  return total;
}

/** The tally as text: a line for each class and zone, then the sums. */
export function renderTally(tally: Tally): string {
  const head = ['expected', 'class', 'zone', 'sent', 'blocked', 'passed', 'refused', 'errors', 'blocked %'];
  const cells = ({ sent, blocked, passed, refused, error }: Counts): string[] => [
    ...[sent, blocked, passed, refused, error].map(String),
    blocked + passed === 0 ? '-' : ((100 * blocked) / (blocked + passed)).toFixed(1),
  ];
  const rows = tally.rows().map((row) => [row.expected, row.class, row.zone, ...cells(row.counts)]);
  const totals = tally.totals().map((row) => [row.expected, 'all', 'all', ...cells(row.counts)]);
  const widths = head.map((_, column) => Math.max(...[head, ...rows, ...totals].map((row) => row[column]!.length)));
  const line = (row: string[]): string =>
    row
      .map((cell, column) => (column < 3 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [line(head), rule, ...rows.map(line), rule, ...totals.map(line)].join('\n');
}
