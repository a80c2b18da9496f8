declare const stringWidth: (text: string, options?: object) => number;
export = stringWidth;
