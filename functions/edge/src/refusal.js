/** An answer other than a document: `{"error":"..."}` with the status code that fits. */
export class Refusal extends Error {
  constructor(status, sentence, headers = {}) {
    super(sentence)
    this.status = status
    this.headers = headers
  }

  response() {
    return Response.json({ error: this.message }, { status: this.status, headers: this.headers })
  }
}
