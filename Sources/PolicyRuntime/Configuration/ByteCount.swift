/// A number of bytes, written as people do: `512M`, `2G`, `1.5 GiB` (powers of 1024) or `4096`.
public struct ByteCount: Codable, Sendable, Hashable, CustomStringConvertible {
  /// The number of bytes, at least 0.
  public let bytes: Int

  private static let units = ["", "K", "M", "G", "T"]

  /// Creates a number of bytes.
  public init(_ bytes: Int) {
    self.bytes = max(bytes, 0)
  }

  /// Reads a number of bytes; nil for a text that is none.
  public init?(parsing text: String) {
    let text = text.uppercased().filter { $0 != " " }
    let digits = text.prefix { $0.isNumber || $0 == "." }
    var unit = text.dropFirst(digits.count)
    for ending in ["IB", "B"] where unit.hasSuffix(ending) {
      unit = unit.dropLast(ending.count)
      break
    }
    guard let power = Self.units.firstIndex(of: String(unit)), let number = Double(digits)
    else { return nil }
    let bytes = (0..<power).reduce(number) { bytes, _ in bytes * 1024 }
    guard bytes.isFinite, bytes < 0x1p62 else { return nil }
    self.init(Int(bytes))
  }

  /// Reads a whole number, or a text with a unit.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let bytes = try? container.decode(Int.self), bytes >= 0 {
      self.init(bytes)
    } else if let text = try? container.decode(String.self), let count = Self(parsing: text) {
      self = count
    } else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "a number of bytes is written as 512M or 2G")
    }
  }

  /// Writes a whole number.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(bytes)
  }

  /// The number with the largest unit of which there is at least one, such as `1.5 GiB`.
  public var description: String {
    var value = Double(bytes)
    var power = 0
    while value >= 1024, power + 1 < Self.units.count {
      value /= 1024
      power += 1
    }
    guard power > 0 else { return "\(bytes) bytes" }
    // Rounded up, so that a number which was called too small is not proposed again.
    let tenths = Int((value * 10).rounded(.up))
    let number = tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    return "\(number) \(Self.units[power])iB"
  }
}
