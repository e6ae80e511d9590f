import { appendFile, mkdir, readdir, stat, truncate, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

export interface GzipFilesOptions {
  /** Created when missing. */
  readonly dir: string;
  /** Compressed bytes at which the next batch begins a new file. */
  readonly maxFileBytes: number;
  /** Files of ours kept in the directory, the current one included; the oldest goes first. */
  readonly maxFiles: number;
}

const compress = promisify(gzip);
/** Sets apart files that this process began in the same millisecond. */
let sequence = 0;
const NAME = /^capture-\d{8}T\d{9}Z-\d+-\d{6}\.jsonl\.gz$/;

/**
 * Rotating files of gzip members, one member a batch: each file is valid gzip after every batch (RFC 1952 section 2.2
 * lets members follow each other), so a killed process loses at most the batch it was writing, and readers need no
 * closing. Not safe for concurrent calls.
 */
export class GzipFiles {
  private path: string | null = null;
  private size = 0;

  constructor(private readonly options: GzipFilesOptions) {}

  /**
   * Appends one batch.
   *
   * @returns Compressed bytes written.
   * @throws The file system's error; nothing of the batch is on disk then, and the next call begins a new file.
   */
  async append(lines: string): Promise<number> {
    const member = await compress(lines);
    if (this.path === null || this.size >= this.options.maxFileBytes) await this.rotate();
    try {
      await appendFile(this.path!, member, { mode: 0o600 });
    } catch (error) {
      await this.undo();
      throw error;
    }
    this.size += member.length;
    return member.length;
  }

  private async rotate(): Promise<void> {
    const { dir, maxFiles } = this.options;
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const old = (await readdir(dir)).filter((name) => NAME.test(name)).sort();
    const surplus = old.slice(0, Math.max(0, old.length - (maxFiles - 1)));
    for (const name of surplus) await unlink(join(dir, name));
    const time = new Date().toISOString().replace(/[-:.]/g, '');
    this.path = join(dir, `capture-${time}-${process.pid}-${String(sequence++).padStart(6, '0')}.jsonl.gz`);
    this.size = 0;
  }

  /** A full disk takes part of a write: what is there of the batch is cut off again, or the file would be broken. */
  private async undo(): Promise<void> {
    const path = this.path!;
    this.path = null;
    try {
      if ((await stat(path)).size > this.size) await (this.size > 0 ? truncate(path, this.size) : unlink(path));
    } catch {
      // The file never came to be, or is out of reach: the next batch goes to a new one in any case.
    }
  }
}
