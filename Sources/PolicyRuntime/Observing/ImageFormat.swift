package import EnvironmentInterface

/// The images of one observation space: as recorded, as kept, and as networks see them.
public struct ImageFormat: Codable, Sendable, Hashable {
  /// The space's name.
  public let name: String
  /// Rows of pixels, pixels of a row, and bytes of a pixel, as networks see them.
  public let height, width, channels: Int
  /// Height and width as recorded and as given, where pictures are brought to another size; nil
  /// where they are not.
  public let recorded: [Int]?
  /// Height and width of what is kept of each picture, of which networks see a part: a random one
  /// in training, the middle in acting; nil where they see all of it.
  public let uncropped: [Int]?
  /// How pictures are recorded and given; nil for bytes with channels last.
  public let form: PictureForm?

  /// Creates a format.
  public init(
    name: String, height: Int, width: Int, channels: Int = 3, recorded: [Int]? = nil,
    uncropped: [Int]? = nil, form: PictureForm? = nil
  ) {
    self.name = name
    self.height = height
    self.width = width
    self.channels = channels
    self.recorded = recorded
    self.uncropped = uncropped
    self.form = form
  }

  /// This format with pictures brought to another size, of which networks see a part.
  ///
  /// - Throws: ``WindowError/cropTooLarge(name:crop:size:)``.
  package func prepared(
    size: ImageSize?, crop: ImageSize?
  ) throws(WindowError) -> ImageFormat {
    let kept = size ?? ImageSize(height: height, width: width)
    let seen = crop ?? kept
    guard seen.height <= kept.height, seen.width <= kept.width else {
      throw .cropTooLarge(
        name: name, crop: [seen.height, seen.width], size: [kept.height, kept.width])
    }
    return ImageFormat(
      name: name, height: seen.height, width: seen.width, channels: channels,
      recorded: [kept.height, kept.width] == [height, width] ? nil : [height, width],
      uncropped: seen == kept ? nil : [kept.height, kept.width], form: form)
  }

  /// Height and width of what is kept of a picture.
  package var kept: ImageSize {
    ImageSize(height: uncropped?[0] ?? height, width: uncropped?[1] ?? width)
  }

  /// The number of bytes that are kept of a picture.
  package var keptCount: Int { kept.height * kept.width * channels }

  /// Height, width and channels as recorded and as given, in the order in which they stand there.
  public var recordedShape: [Int] {
    let sides = recorded ?? [kept.height, kept.width]
    return form?.channelsFirst == true ? [channels] + sides : sides + [channels]
  }

  /// The number of bytes as recorded and as given.
  public var recordedCount: Int { recordedShape.reduce(1, *) }

  /// The recorded size, and what becomes of it, in words.
  public var words: String {
    var words = recordedShape.map(String.init).joined(separator: "×")
    if let form { words += " (\(form.words))" }
    if recorded != nil { words += ", brought to \(kept.height)×\(kept.width)" }
    if uncropped != nil { words += ", seen \(height)×\(width) of it at a time" }
    return words
  }

  /// Whether the lengths are such that no picture is read beyond its end.
  package var isSound: Bool {
    [recorded, uncropped].allSatisfy { sides in
      sides.map { $0.count == 2 && $0.allSatisfy((1...10_000).contains) } ?? true
    } && height <= kept.height && width <= kept.width
  }

  /// The format of a file's images; grey ones may have no dimension for channels.
  ///
  /// - Throws: ``WindowError/noImage(file:observation:shape:)``.
  package init(
    name: String, shape: [Int], form: PictureForm? = nil, file: String
  ) throws(WindowError) {
    guard (2...3).contains(shape.count) else {
      throw .noImage(file: file, observation: name, shape: shape)
    }
    let sides = form?.channelsFirst == true ? shape.suffix(2) : shape.prefix(2)
    self.init(
      name: name, height: sides[sides.startIndex], width: sides[sides.startIndex + 1],
      channels: shape.count == 2 ? 1 : form?.channelsFirst == true ? shape[0] : shape[2],
      form: form)
  }

  /// The number of values that networks see.
  public var count: Int { height * width * channels }

  /// Height × width × channels, in words.
  public var size: String { "\(height)×\(width)×\(channels)" }

  /// Brings a picture of bytes to the size that networks see and scales it to [−1, 1]; allocates
  /// nothing where it is given as it is seen.
  ///
  /// - Throws: ``WindowError/otherForm(name:form:)`` where numbers, not bytes, were recorded.
  func write(
    _ bytes: UnsafeBufferPointer<UInt8>, into pixels: UnsafeMutableBufferPointer<Float>
  ) throws(WindowError) {
    if let form, form.white != nil { throw .otherForm(name: name, form: form.words) }
    guard let start = pixels.baseAddress, let given = bytes.baseAddress else { return }
    if recorded == nil, form?.channelsFirst != true {
      return normalise(given, shiftedBy: .zero, into: start)
    }
    kept(Array(bytes)).withUnsafeBufferPointer { kept in
      guard let kept = kept.baseAddress else { return }
      normalise(kept, shiftedBy: .zero, into: start)
    }
  }

  /// What is kept of pictures as they are recorded and given, one after another.
  package func kept(_ pictures: [UInt8]) -> [UInt8] {
    let old = recorded.map { ImageSize(height: $0[0], width: $0[1]) } ?? kept
    let resizing = recorded.map { _ in Resizing(from: old, to: kept, channels: channels) }
    let isPlanar = form?.channelsFirst == true && channels > 1
    guard isPlanar || resizing != nil else { return pictures }
    var result: [UInt8] = []
    result.reserveCapacity(pictures.count / max(recordedCount, 1) * keptCount)
    for start in stride(from: 0, to: pictures.count, by: recordedCount) {
      var picture = Array(pictures[start..<start + recordedCount])
      if isPlanar { picture = interleaved(picture) }
      result += resizing.map { picture.withUnsafeBufferPointer($0.callAsFunction) } ?? picture
    }
    return result
  }

  /// A picture with its channels last.
  private func interleaved(_ planes: [UInt8]) -> [UInt8] {
    let pixels = planes.count / channels
    var picture = [UInt8](repeating: 0, count: planes.count)
    for channel in 0..<channels {
      for pixel in 0..<pixels {
        picture[pixel * channels + channel] = planes[channel * pixels + pixel]
      }
    }
    return picture
  }

  /// What is kept of a picture that somebody gives.
  ///
  /// - Throws: ``WindowError`` for one of another size or form.
  package func kept(_ value: ObservationValue) throws(WindowError) -> [UInt8] {
    let given: [UInt8]
    switch value {
    case .uint8(let bytes):
      if let form, form.white != nil { throw .otherForm(name: name, form: form.words) }
      given = bytes
    case .float32, .float64:
      guard let form, form.white != nil else { throw .notBytes(observation: name) }
      given = try form.bytes(value.numbers, of: name)
    }
    guard given.count == recordedCount else {
      throw .wrongLength(name: "image '\(name)'", actual: given.count, expected: recordedCount)
    }
    return kept(given)
  }

  /// By how many pixels pictures are moved in training, down and across: to every crop, or up to a
  /// number of pixels where networks see all of them.
  package func moves(upTo largest: Int) -> (down: ClosedRange<Int>, across: ClosedRange<Int>) {
    guard uncropped != nil else { return (-largest...largest, -largest...largest) }
    func all(_ kept: Int, _ seen: Int) -> ClosedRange<Int> {
      let middle = (kept - seen) / 2
      return middle - (kept - seen)...middle
    }
    return (all(kept.height, height), all(kept.width, width))
  }

  /// Scales what is kept of a picture from 0…255 to [−1, 1], its middle or one that is moved by
  /// whole pixels, down and across; edges are repeated.
  package func normalise(
    _ bytes: UnsafePointer<UInt8>, shiftedBy shift: SIMD2<Int>,
    into pixels: UnsafeMutablePointer<Float>
  ) {
    guard shift != .zero || uncropped != nil else {
      for index in 0..<count { pixels[index] = Float(bytes[index]) * (2 / 255) - 1 }
      return
    }
    let (rows, columns) = (kept.height, kept.width)
    let (top, left) = ((rows - height) / 2 - shift[0], (columns - width) / 2 - shift[1])
    var next = 0
    for row in 0..<height {
      let start = min(max(row + top, 0), rows - 1) * columns
      for column in 0..<width {
        let from = (start + min(max(column + left, 0), columns - 1)) * channels
        for channel in 0..<channels {
          pixels[next] = Float(bytes[from + channel]) * (2 / 255) - 1
          next += 1
        }
      }
    }
  }
}
