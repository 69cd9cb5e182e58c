/// What a page is told in words: what has just been done, or what could not be.
struct PageNote: Encodable {
  /// Counts up, so that a page shows each note once.
  private(set) var serial = 0
  /// The words.
  private(set) var text = ""
  /// Whether something went wrong.
  private(set) var isError = false

  mutating func say(_ text: String) {
    self = PageNote(serial: serial + 1, text: text, isError: false)
  }

  mutating func complain(_ error: any Error) {
    self = PageNote(serial: serial + 1, text: "\(error)", isError: true)
  }
}

/// A count with its noun: 1 episode, 2 episodes.
func counted(_ count: Int, _ noun: String) -> String {
  "\(count) \(noun)\(count == 1 ? "" : "s")"
}
