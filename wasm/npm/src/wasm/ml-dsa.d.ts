import type { ClientGlue } from '../glue.js'

declare const start: ClientGlue['default']
export default start
export declare const Core: ClientGlue['Core']
