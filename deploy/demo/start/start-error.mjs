/** A start that cannot go on through no fault of ours: one line that says what to do, exit code 2. */
export class StartError extends Error {}
