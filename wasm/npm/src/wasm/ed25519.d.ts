import type { ClientGlue } from '../glue.js'

export declare const initSync: ClientGlue['initSync']
export declare const Core: ClientGlue['Core']
