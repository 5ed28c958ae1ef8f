/** What is wrong with one value that was given: where it stands, a stable code, and a sentence for the person who gave it. */
export interface Fault {
  pointer: string
  code: string
  message: string
}
