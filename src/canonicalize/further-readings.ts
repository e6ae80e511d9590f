import { isGraphql } from './body/graphql.js';
import { withoutComments } from './decode/comments.js';
import { withoutNuls } from './decode/nul.js';
import { foldBlanks } from './fold-blanks.js';
import { COMMENT, LINE, NUL, SUSPICIOUS, SYNTAX } from './traits.js';
import { withoutPadding } from './without-padding.js';

/** Another reading of a text that is scored as it stands. */
export interface FurtherReading {
  /** What is undone in it, for people. */
  readonly encoding: 'comment' | 'blanks' | 'nul' | 'padding';
  readonly text: string;
}

/**
 * What else servers make of a text: without comments, without zero bytes, with single blanks for runs and line ends. Then
 * each of these, and the text itself, without plain words around what is odd in it.
 *
 * @param text with even blanks.
 * @param traits of the text before its blanks were evened.
 */
export function furtherReadings(name: string, text: string, traits: number): FurtherReading[] {
  const readings: FurtherReading[] = [];
  if ((traits & COMMENT) !== 0) {
    for (const reading of withoutComments(text)) readings.push({ encoding: 'comment', text: reading });
  }
  const solid = (traits & NUL) === 0 ? undefined : withoutNuls(text);
  if (solid !== undefined) readings.push({ encoding: 'nul', text: solid });
  const mayFold = (traits & SYNTAX) !== 0 && ((traits & LINE) !== 0 || text.includes('  '));
  // A document in lines is how GraphQL is written.
  const folded = mayFold && !isGraphql(name, text) ? foldBlanks(text) : undefined;
  if (folded !== undefined) readings.push({ encoding: 'blanks', text: folded });
  // No reading has anything suspicious that the text has not.
  if ((traits & SUSPICIOUS) === 0) return readings;
  const { length } = readings;
  addBare(readings, text);
  for (let i = 0; i < length; i++) addBare(readings, readings[i]!.text);
  return readings;
}

function addBare(readings: FurtherReading[], text: string): void {
  const bare = withoutPadding(text);
  if (bare !== undefined) readings.push({ encoding: 'padding', text: bare });
}
