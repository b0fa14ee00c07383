/** Lets work be done one at a time, in the order in which it came. */
export class Turns {
  #last = Promise.resolve()

  take(work) {
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => {})
    return turn
  }
}
