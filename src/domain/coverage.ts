export interface InvitedState {
  state: string
  reach: 'sent' | 'queued' | 'delivered' | 'failed' | 'noAddress'
}

interface Facts {
  /** Every Member State and observer State there is. */
  states: readonly string[]
  underReview: readonly string[]
  /** States of which it is known that they have no mission in Geneva. */
  elsewhere: readonly string[]
  invited: readonly InvitedState[]
}

/** R28: every State's mission is invited, that of the State under Review always; whom no message reaches is reached in another way. */
export function coverageOf({ states, underReview, elsewhere, invited }: Facts) {
  const byState = new Map(invited.map((one) => [one.state, one.reach]))
  const everybody = [...new Set([...states, ...underReview])].sort()
  const missing = everybody.filter((state) => !byState.has(state))
  const unreached = (reach: InvitedState['reach']) =>
    invited.filter((one) => one.reach === reach).map(({ state }) => state)
  return {
    states: everybody.length,
    invited: everybody.length - missing.length,
    complete: missing.length === 0,
    missing,
    noAddress: unreached('noAddress'),
    failed: unreached('failed'),
    withoutGenevaMission: elsewhere.filter((state) => everybody.includes(state)),
    statesUnderReview: underReview.map((state) => ({
      state,
      invited: byState.has(state),
      reach: byState.get(state) ?? null,
      hasGenevaMission: elsewhere.includes(state) ? false : null,
    })),
  }
}
