/** What people do on the blog: readers, commenters, authors, editors, the manager, programs. */
import { anyone, login } from './account.mjs';
import {
  customizeAppearance,
  editPlugin,
  manageTerms,
  manageUsers,
  moderateComments,
  quickEdit,
  searchPosts,
  settings,
} from './admin.mjs';
import { publishInBrowser, readInBrowser, runTheSiteInBrowser } from './browser.mjs';
import { edit, uploadOldWay, write } from './editor.mjs';
import { read, subscribeByProgram } from './visitor.mjs';

/** In turns, as many as asked for. */
export const browserJourneys = [publishInBrowser, runTheSiteInBrowser, readInBrowser];

/** @type {[number, {program?: boolean, run: (person: any, world: any) => Promise<void>}][]} weights */
export const journeys = [
  [10, { run: read }],
  [2, { run: subscribeByProgram, program: true }],
  [5, { run: as(['author', 'editor', 'administrator'], write) }],
  [4, { run: as(['editor', 'administrator'], edit) }],
  [2, { run: as(['author', 'editor', 'administrator'], uploadOldWay) }],
  [3, { run: as(['editor', 'administrator'], searchPosts, quickEdit) }],
  [3, { run: as(['editor', 'administrator'], moderateComments) }],
  [2, { run: as(['editor', 'administrator'], manageTerms) }],
  [2, { run: as(['administrator'], settings) }],
  [1, { run: as(['administrator'], manageUsers) }],
  [1, { run: as(['administrator'], editPlugin) }],
  [1, { run: as(['administrator'], customizeAppearance) }],
];

/** @param {string[]} roles @param {((person: any, world: any, user: any) => Promise<void>)[]} parts */
function as(roles, ...parts) {
  return async (/** @type {any} */ person, /** @type {any} */ world) => {
    const user = anyone(world, roles);
    await login(person, user);
    for (const part of parts) await part(person, world, user);
  };
}
