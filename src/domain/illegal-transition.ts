/** The thing's state does not allow what was asked; the message is fit for the asker's eyes. */
export class IllegalTransition extends Error {
  override readonly name = 'IllegalTransition';
}
