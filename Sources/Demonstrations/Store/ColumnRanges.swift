/// The smallest and largest of each of a space's values, and which few of them make most of a
/// range.
package struct ColumnRanges: Sendable {
  /// The smallest of each value.
  package private(set) var low: [Double]
  /// The largest of each value.
  package private(set) var high: [Double]
  /// Whether 32 bits hold every value as it is.
  package private(set) var fitsFloat: [Bool]
  /// The number of steps.
  package private(set) var count = 0

  /// Smallest and largest of blocks of steps, block after block, each with all columns.
  private var blockLow: [Float] = []
  private var blockHigh: [Float] = []

  /// The steps of a block.
  private static let block = 128

  /// The ranges of nothing yet.
  package init(width: Int) {
    low = Array(repeating: .infinity, count: width)
    high = Array(repeating: -.infinity, count: width)
    fitsFloat = Array(repeating: true, count: width)
  }

  /// The number of columns.
  package var width: Int { low.count }

  /// Includes the values of some steps, step by step.
  package mutating func include(_ elements: Series.Elements) {
    guard width > 0 else { return }
    switch elements {
    case .float32(let values): include(values) { Double($0) }
    case .float64(let values):
      include(values) { $0 }
      for (index, value) in values.enumerated() where Double(Float(value)) != value {
        fitsFloat[index % width] = false
      }
    case .uint8(let bytes): include(bytes.map { Float($0) }) { Double($0) }
    }
  }

  @inline(__always)
  private mutating func include<Value: BinaryFloatingPoint>(
    _ values: [Value], _ double: (Value) -> Double
  ) {
    let width = width
    let steps = values.count / width
    var blockLow = [Value](repeating: 0, count: width)
    var blockHigh = blockLow
    for start in stride(from: 0, to: steps, by: Self.block) {
      for column in 0..<width { blockLow[column] = values[start * width + column] }
      blockHigh = blockLow
      var next = start * width
      for _ in start..<min(start + Self.block, steps) {
        for column in 0..<width {
          let value = values[next]
          blockLow[column] = min(blockLow[column], value)
          blockHigh[column] = max(blockHigh[column], value)
          next += 1
        }
      }
      for column in 0..<width {
        low[column] = min(low[column], double(blockLow[column]))
        high[column] = max(high[column], double(blockHigh[column]))
        self.blockLow.append(Float(blockLow[column]))
        self.blockHigh.append(Float(blockHigh[column]))
      }
    }
    count += steps
  }

  /// The columns in which a few values may make more than half of the range; of any other that is
  /// certain not to be so.
  package var suspects: [Int] {
    (0..<width).filter { column in
      let range = high[column] - low[column]
      guard count >= OutlyingValues.fewest, range > 0 else { return false }
      // So few values stand in at most this many blocks, whose ends are left out of account.
      let blocks = blockLow.count / width
      let few = max(1, count / 1000)
      func ends(_ values: [Float]) -> [Double] {
        stride(from: column, to: values.count, by: width).map { Double(values[$0]) }.sorted()
      }
      guard few < blocks else { return true }
      let (lows, highs) = (ends(blockLow), ends(blockHigh))
      return highs[blocks - 1 - few] - lows[few] < range / 2
    }
  }
}

/// A few values of a column that make more than half of its range.
public struct OutlyingValues: Codable, Sendable, Hashable {
  /// Which value of a step, from 0.
  public var index: Int
  /// How many values they are.
  public var count: Int
  /// The farthest of them.
  public var value: Double
  /// The smallest and largest of the others.
  public var others: [Double]
  /// The episode of the farthest.
  public var episode: String
  /// Its step, from 0.
  public var step: Int

  /// Of fewer steps nothing is said.
  static let fewest = 100

  /// The values that lie out, where fewer than one in a thousand (or a single one of at least a
  /// hundred) make more than half of the range.
  ///
  /// - Parameters:
  ///   - index: Which value of a step.
  ///   - values: The column's values, step after step.
  ///   - place: The episode and step of one of the values.
  package init?(
    index: Int, values: [Double], place: (_ position: Int) -> (episode: String, step: Int)
  ) {
    guard values.count >= Self.fewest else { return nil }
    let sorted = values.sorted()
    let last = sorted.count - 1
    let half = sorted[last] / 2 - sorted[0] / 2
    let most = max(1, (sorted.count - 1) / 1000)
    // The fewest values, from both ends, without which the rest is less than half as wide.
    for count in 1...most {
      for below in 0...count {
        let (low, high) = (sorted[below], sorted[last - (count - below)])
        guard high - low < half else { continue }
        let farthest =
          below == 0 || below < count && sorted[last] - high >= low - sorted[0]
          ? sorted[last] : sorted[0]
        let position = values.firstIndex(of: farthest) ?? 0
        (self.index, self.count, value) = (index, count, farthest)
        others = [low, high]
        (episode, step) = place(position)
        return
      }
    }
    return nil
  }
}
