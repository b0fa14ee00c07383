import type { ClientOptions, PicotufError } from './index.js'

export { PicotufError } from './index.js'

/**
 * What an index page states of the files of a project: JSON as PEP 691 says, or HTML as PEP 503
 * says. Some repositories sign these pages, and not each file. The bytes have to be those of a
 * target that was verified, as `Client.download` gives them.
 */
export class IndexPage {
  private constructor()

  /**
   * Reads a page, all of it, as strictly as the native command line. `project` is the name of the
   * project, in whatever spelling.
   *
   * Throws a {@link PicotufError} with a code of the verifier where the page's JSON is not right,
   * such as `duplicate-member`, or one of `page-form`, `page-html`, `page-length` (over 32 MiB),
   * `page-project` and `page-version`.
   */
  static read(
    bytes: Uint8Array,
    project: string,
    options?: { wasm?: ClientOptions['wasm'] },
  ): Promise<IndexPage>

  /** The names of all files, each once, in the page's order. */
  readonly names: readonly string[]

  /**
   * What the page says of the project (PEP 792): `active`, where it says nothing, `archived`,
   * `deprecated`, `quarantined`, or a text that the verifier does not know; and why, if it says so.
   * Files of a quarantined project are not to be used.
   */
  readonly projectStatus: { readonly status: string; readonly reason?: string }

  /**
   * What the page states of the file of that name, if it names it. One that it names twice is
   * refused, with the code `page-names-file-twice`, as two readers may take different ones.
   */
  file(name: string): IndexPageFile | undefined
}

/** A file, as an index page has it. */
export interface IndexPageFile {
  readonly name: string
  /** Its hashes of the kinds that TUF has too, by their algorithms, in lowercase hexadecimal digits. There may be none. */
  readonly hashes: { readonly [algorithm in 'sha256' | 'sha512']?: string }
  /** Its length in bytes, where it is stated (PEP 700). */
  readonly size?: number
  /** That it was yanked, and why: the text may be empty (PEP 592). */
  readonly yanked?: string
  /** The versions of Python that it is for (PEP 345). */
  readonly requiresPython?: string
  /** That the wheel's METADATA stands beside it, and its hashes where they are stated (PEP 658, PEP 714). */
  readonly coreMetadata?: true | { readonly [algorithm in 'sha256' | 'sha512']?: string }
}

/** The known members of a target's `custom`, typed; what is not there is left out. */
export interface CustomFields {
  /** The versions of Python that the file is for (PEP 345). */
  readonly requiresPython?: string
  /** False, or that it was yanked, and why: the text may be empty (PEP 592). */
  readonly yanked?: false | string
  /** Whether the wheel's METADATA stands beside it, or its hashes (PEP 658, PEP 714). */
  readonly coreMetadata?: boolean | { readonly [algorithm: string]: string }
  /** Whether the file was signed long after it came (Warehouse's prototype). */
  readonly backsigned?: boolean
  /** By the name of a member, why it has no value: it is of another kind than it may be, and no other member suffers for it. */
  readonly wrong?: { readonly [member: string]: string }
}

/** Reads the known members of `Target.custom`; nothing where it has none of them. All others are left alone. */
export function customFields(
  custom: unknown,
  options?: { wasm?: ClientOptions['wasm'] },
): Promise<CustomFields | undefined>
