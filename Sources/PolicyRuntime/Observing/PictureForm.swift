/// How pictures are recorded that are not height × width × channels of bytes.
///
/// They become such bytes when they are read, in training and in what is asked of a policy alike.
public struct PictureForm: Codable, Sendable, Hashable {
  /// Whether channels stand before height and width.
  public let channelsFirst: Bool
  /// The number that white is, of pictures that are numbers from 0 on: 1 or 255; nil for bytes.
  public let white: Int?

  /// Creates a form; nil where it is the usual one.
  public init?(channelsFirst: Bool, white: Int?) {
    guard channelsFirst || white != nil else { return nil }
    self.channelsFirst = channelsFirst
    self.white = white
  }

  /// The form in words.
  public var words: String {
    [channelsFirst ? "channels first" : nil, white.map { "numbers in 0…\($0)" }]
      .compactMap { $0 }.joined(separator: ", ")
  }

  /// The byte nearest to a number; nil for one that is beyond black or white.
  func byte(_ number: Double) -> UInt8? {
    guard let white else { return UInt8(exactly: number) }
    let scaled = number / Double(white) * 255
    // What was computed may miss black and white by its rounding.
    return scaled > -0.01 && scaled < 255.01 ? UInt8(min(max(scaled.rounded(), 0), 255)) : nil
  }

  /// The bytes of numbers.
  ///
  /// - Throws: ``WindowError/notOfForm(name:index:value:form:)``.
  package func bytes(_ numbers: [Double], of name: String) throws(WindowError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: numbers.count)
    for (index, number) in numbers.enumerated() {
      guard let byte = byte(number) else {
        throw .notOfForm(name: name, index: index, value: number, form: words)
      }
      bytes[index] = byte
    }
    return bytes
  }
}
