import type { PypiGlue } from '../glue.js'

export declare const initSync: PypiGlue['initSync']
export declare const readIndexPage: PypiGlue['readIndexPage']
export declare const readCustomFields: PypiGlue['readCustomFields']
export declare const targetPaths: PypiGlue['targetPaths']
