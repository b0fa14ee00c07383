import type { PypiGlue } from '../glue.js'

declare const start: PypiGlue['default']
export default start
export declare const readIndexPage: PypiGlue['readIndexPage']
export declare const readCustomFields: PypiGlue['readCustomFields']
export declare const targetPaths: PypiGlue['targetPaths']
