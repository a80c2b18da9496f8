// Changes that no test can notice because they change nothing, each with the reason.
/** @type {{ file: string, what: string, why: string }[]} */
export const EQUIVALENT = [];
