/// What waits for its turn, shared out fairly among clients by what it costs.
///
/// Start-time fair queueing (Goyal, Vin and Cheng 1996) with the least finish tag first: each
/// client has an account that grows by what its elements cost, and never lags behind that of
/// whoever is served now. Who has asked for little comes before who has asked for much, whenever
/// they came; if there is no room, whoever would come last is refused.
package struct FairQueue<Element> {
  private struct Item {
    let element: Element
    let client: Int
    let bytes: Int
    let start: Int
    let finish: Int
  }

  private let countLimit: Int
  private let byteLimit: Int
  /// The next one stands last.
  private var items: [Item] = []
  /// Where each client's account stands.
  private var accounts: [Int: Int] = [:]
  private var accountsLimit = 1024
  /// Where the account of whoever is served now stood.
  private var now = 0
  /// The bytes of all that waits.
  package private(set) var bytes = 0

  /// Creates an empty queue.
  ///
  /// - Parameters:
  ///   - countLimit: How many elements may wait.
  ///   - byteLimit: How many bytes they may have together.
  package init(countLimit: Int, byteLimit: Int) {
    self.countLimit = countLimit
    self.byteLimit = byteLimit
  }

  /// How many elements wait.
  package var count: Int { items.count }
  /// Whether nothing waits.
  package var isEmpty: Bool { items.isEmpty }

  /// How many clients are remembered.
  package var accountCount: Int { accounts.count }

  /// Adds an element.
  ///
  /// - Parameters:
  ///   - element: The element.
  ///   - client: Whose it is.
  ///   - bytes: Its size.
  ///   - cost: What it costs beside its size, in bytes.
  ///   - reserved: How many places are taken elsewhere.
  /// - Returns: The elements that have no place; the added one may be among them.
  package mutating func add(
    _ element: Element, from client: Int, bytes: Int, cost: Int, reserved: Int = 0
  ) -> [Element] {
    let start = max(now, accounts[client] ?? now)
    let finish = start + bytes + cost
    accounts[client] = finish
    let item = Item(element: element, client: client, bytes: bytes, start: start, finish: finish)
    items.insert(item, at: place(of: finish))
    self.bytes += bytes
    var refused: [Element] = []
    while !items.isEmpty, items.count + reserved > countLimit || self.bytes > byteLimit {
      let last = items.removeFirst()
      self.bytes -= last.bytes
      // It was its client's latest: what is not served is not charged.
      accounts[last.client] = last.start
      refused.append(last.element)
    }
    forgetSettledAccounts()
    return refused
  }

  /// Takes the element whose turn it is.
  package mutating func take() -> Element? {
    guard let item = items.popLast() else { return nil }
    bytes -= item.bytes
    // Where nobody else waits all accounts are settled.
    now = max(now, items.isEmpty ? item.finish : item.start)
    return item.element
  }

  /// Before those that finish earlier or were there before.
  private func place(of finish: Int) -> Int {
    var (low, high) = (0, items.count)
    while low < high {
      let middle = (low + high) / 2
      if items[middle].finish > finish { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private mutating func forgetSettledAccounts() {
    guard accounts.count > accountsLimit else { return }
    accounts = accounts.filter { $0.value > now }
    accountsLimit = max(1024, 2 * accounts.count)
  }
}
