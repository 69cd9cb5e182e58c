/// Which of several pages may act; the others look on.
///
/// The page that comes last has control, since it is the one that its user has just opened.
struct PageControl {
  private var clients: [Int] = []
  /// The page that may act; nil without one.
  private(set) var holder: Int?

  mutating func connected(_ client: Int) {
    clients.append(client)
    holder = client
  }

  /// - Returns: Whether it was the page that had control.
  mutating func disconnected(_ client: Int) -> Bool {
    clients.removeAll { $0 == client }
    guard holder == client else { return false }
    holder = clients.last
    return true
  }

  mutating func claim(_ client: Int) {
    if clients.contains(client) { holder = client }
  }
}
