/** The answer that means everything the action could take. */
export const ALL = 'all';
