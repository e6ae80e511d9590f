/** What people do on the wiki: readers, writers, patrollers, the manager, bots. */

import { createAccount, preferences, withLogin } from './account.mjs';
import { readInBrowser, writeInBrowser, writeVisuallyInBrowser } from './browser.mjs';
import { askByProgram } from './program.mjs';
import { read } from './reader.mjs';
import { comment, editPage, editVisually, moveAndWatch, upload } from './writer.mjs';

/** In turns, as many as asked for. */
export const browserJourneys = [writeInBrowser, writeVisuallyInBrowser, readInBrowser];

/** @type {[number, {program?: boolean, run: (person: any, world: any) => Promise<void>}][]} weights */
export const journeys = [
  [10, { run: read }],
  [4, { run: askByProgram, program: true }],
  [6, { run: withLogin(editPage) }],
  [2, { run: editPage }],
  [4, { run: withLogin(editVisually) }],
  [3, { run: withLogin(comment) }],
  [2, { run: withLogin(upload) }],
  [2, { run: withLogin(preferences) }],
  [2, { run: withLogin(moveAndWatch) }],
  [1, { run: createAccount }],
];
