import type { WasmSource } from './types.js'

/** What the functions of `picotuf/pypi` take besides. Any other name is refused. */
export interface ModuleOptions {
  /** The WebAssembly module, where a bundler does not find it by itself. */
  wasm?: WasmSource | undefined
}

/** What an index page says of its project. */
export interface ProjectStatus {
  readonly status: string
  readonly reason?: string
}

/** A file, as an index page has it. */
export interface IndexPageFile {
  readonly name: string
  /**
   * Its hashes of the kinds that TUF has too, by their algorithms, in lowercase hexadecimal digits.
   * There may be none.
   */
  readonly hashes: { readonly [algorithm in 'sha256' | 'sha512']?: string }
  /** Its length in bytes, where it is stated (PEP 700). */
  readonly size?: number
  /** That it was yanked, and why: the text may be empty (PEP 592). */
  readonly yanked?: string
  /** The versions of Python that it is for (PEP 345). */
  readonly requiresPython?: string
  /**
   * That the wheel's METADATA stands beside it, and its hashes where they are stated (PEP 658, PEP
   * 714).
   */
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
  /**
   * By the name of a member, why it has no value: it is of another kind than it may be, and no
   * other member suffers for it.
   */
  readonly wrong?: { readonly [member: string]: string }
}

/** Where published layouts list a project's index page, or a file of it. */
export interface TargetPaths {
  /** The project, by its normalized name. */
  readonly project: string
  /** The paths of the file itself, where the name is that of a distribution file. */
  readonly files: readonly string[]
  /** The paths of the project's index pages. */
  readonly pages: readonly string[]
}
