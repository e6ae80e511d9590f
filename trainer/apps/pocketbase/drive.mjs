/** What people do in an application on PocketBase: members by its web client, the manager by the admin UI, scripts. */
import { administer, changeSchema, readLogs } from './admin.mjs';
import { administerInBrowser } from './browser.mjs';
import { browse, comment, discuss, profile, register, tidy, write } from './member.mjs';
import { syncByProgram } from './program.mjs';

/** In turns, as many as asked for. */
export const browserJourneys = [administerInBrowser];

/** @type {[number, {program?: boolean, run: (person: any, world: any) => Promise<void>}][]} weights */
export const journeys = [
  [8, { run: browse }],
  [8, { run: write }],
  [5, { run: comment }],
  [3, { run: discuss }],
  [3, { run: tidy }],
  [2, { run: profile }],
  [1, { run: register }],
  [3, { run: administer }],
  [1, { run: changeSchema }],
  [1, { run: readLogs }],
  [3, { run: syncByProgram, program: true }],
];
