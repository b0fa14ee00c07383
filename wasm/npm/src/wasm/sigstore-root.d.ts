/** Sigstore's TUF repository, as the native client has it: see client/src/sigstore.rs. */
export declare const URL: string
/** The path of the trusted root there. */
export declare const TARGET: string
/** The root metadata that the native client carries. */
export declare const ROOT: string
