/** A string literal of a GraphQL document (GraphQL specification, October 2021, section 2.9.4). */
export interface StringLiteral {
  /** What stands between the quotes, still escaped. */
  readonly value: string;
  /** Offset after it. */
  readonly end: number;
  readonly isBlock: boolean;
}

/** Reads string literals; what was looked at in vain is not looked at again, so that all of it costs one scan. */
export class StringScanner {
  private noBlocks = false;
  private vain: Uint8Array | undefined;

  constructor(private readonly text: string) {}

  /** @returns the literal that opens at `from`, a block string or one of a line; `undefined` when it does not close. */
  read(from: number): StringLiteral | undefined {
    const { text } = this;
    if (!this.noBlocks && text.startsWith('"""', from)) {
      const close = text.indexOf('"""', from + 3);
      if (close >= 0) return { value: text.slice(from + 3, close), end: close + 3, isBlock: true };
      this.noBlocks = true;
    }
    for (let at = from + 1; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) return { value: text.slice(from + 1, at), end: at + 1, isBlock: false };
      if (code === LINE_FEED || this.vain?.[at] === 1) break;
      if (code === BACKSLASH && text.charCodeAt(++at) === LINE_FEED) break;
    }
    this.remember(from);
    return undefined;
  }

  /** Marks each place from which the scan that began at `from` went on in vain. */
  private remember(from: number): void {
    const { text } = this;
    this.vain ??= new Uint8Array(text.length);
    for (let at = from + 1; at < text.length && this.vain[at] === 0; at++) {
      this.vain[at] = 1;
      const code = text.charCodeAt(at);
      if (code === LINE_FEED || (code === BACKSLASH && text.charCodeAt(++at) === LINE_FEED)) break;
    }
  }
}

const QUOTE = 0x22;
const LINE_FEED = 0x0a;
const BACKSLASH = 0x5c;
