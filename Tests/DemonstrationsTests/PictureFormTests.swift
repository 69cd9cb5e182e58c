import Demonstrations
import EnvironmentInterface
import Foundation
import Imitation
import TestSupport
import Testing

/// Pictures that others store: channels first, as numbers, cropped; and what only looks like one.
@Suite struct PictureFormTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("pictures.hdf5")
  }

  /// The byte of a pixel: no two of a picture's neighbours are alike.
  private static func byte(_ step: Int, _ row: Int, _ column: Int, _ channel: Int) -> UInt8 {
    UInt8((step * 31 + row * 17 + column * 5 + channel * 83) % 256)
  }

  /// A picture of 12 × 10 × 3, channels last.
  private static func picture(_ step: Int) -> [UInt8] {
    (0..<12).flatMap { row in
      (0..<10).flatMap { column in (0..<3).map { byte(step, row, column, $0) } }
    }
  }

  /// The same, channels first.
  private static func planes(_ step: Int) -> [UInt8] {
    (0..<3).flatMap { channel in
      (0..<12).flatMap { row in (0..<10).map { byte(step, row, $0, channel) } }
    }
  }

  /// Writes one episode for each list of steps.
  private func write(
    shape: [Int], episodes: Int = 1,
    _ picture: (borrowing HDF5Group, _ dimensions: [Int], _ episode: Int) throws -> Void
  ) throws {
    try HDF5File.create(path) { root in
      let data = try root.createGroup("data")
      for episode in 0..<episodes {
        let demo = try data.createGroup("demo_\(episode)")
        try demo.write("actions", dimensions: [4, 1], [0, 1, 2, 3] as [Float])
        try picture(try demo.createGroup("obs"), [4] + shape, episode)
      }
    }
  }

  private func windows(
    size: ImageSize? = nil, crop: ImageSize? = nil, normalizer: Normalizer? = nil
  ) throws -> WindowDataset {
    try WindowDataset(
      DemonstrationStore(reading: path), observations: ["cam"], imageSize: size, imageCrop: crop,
      normalizer: normalizer)
  }

  private func pixels(_ windows: WindowDataset, _ window: Int, shift: SIMD2<Int> = .zero) -> [Float]
  {
    var pixels = [Float](repeating: .nan, count: windows.normalizer.images[0].count)
    windows.gather(window: window, image: 0, shift: shift, into: &pixels)
    return pixels
  }

  private static func plain(_ step: Int) -> [Double] {
    picture(step).map { Double($0) / 127.5 - 1 }
  }

  @Test func `every form that is certain becomes the same pixels, in training and when asked`()
    throws
  {
    let all = (0..<4).flatMap { Self.picture($0) }
    let planar = (0..<4).flatMap { Self.planes($0) }
    let cases: [(String, [Int], ObservationValue, (borrowing HDF5Group, [Int]) throws -> Void)] = [
      (
        "3×12×10 (channels first)", [3, 12, 10], .uint8(Self.planes(2)),
        { try $0.write("cam", dimensions: $1, planar) }
      ),
      (
        "12×10×3 (numbers in 0…1)", [12, 10, 3],
        .float32(Self.picture(2).map { Float($0) / 255 }),
        { try $0.write("cam", dimensions: $1, all.map { Float($0) / 255 }) }
      ),
      (
        "3×12×10 (channels first, numbers in 0…1)", [3, 12, 10],
        .float64(Self.planes(2).map { Double($0) / 255 }),
        { try $0.write("cam", dimensions: $1, planar.map { Double($0) / 255 }) }
      ),
      (
        "12×10×3 (numbers in 0…255)", [12, 10, 3], .float32(Self.picture(2).map { Float($0) }),
        { try $0.write("cam", dimensions: $1, all.map { Float($0) }) }
      ),
    ]
    for (words, shape, value, writing) in cases {
      try write(shape: shape) { group, dimensions, _ in try writing(group, dimensions) }
      let windows = try windows()
      #expect(windows.normalizer.images[0].words == words)
      #expect(windows.stepObservationWidth == 0)
      #expect(windows.notes.spaces[0].words == "picture of \(words)")
      for step in 0..<4 {
        expectClose(pixels(windows, step), Self.plain(step), absolute: 1e-6, words)
      }
      var asked = [Float](repeating: .nan, count: 360)
      try asked.withUnsafeMutableBufferPointer {
        try windows.normalizer.write(image: 0, of: ["cam": value], into: $0)
      }
      #expect(asked == pixels(windows, 2), "\(words)")
      // As a checkpoint keeps it, and with the scales of an earlier training.
      let data = try JSONEncoder().encode(windows.normalizer)
      let kept = try JSONDecoder().decode(Normalizer.self, from: data)
      #expect(kept == windows.normalizer)
      #expect(try pixels(self.windows(normalizer: kept), 1) == pixels(windows, 1))
      // The other way to give it is refused, and no byte is guessed.
      let other: ObservationValue =
        if case .uint8 = value { .float32([Float](repeating: 0, count: 360)) } else {
          .uint8([UInt8](repeating: 0, count: 360))
        }
      #expect(throws: WindowError.self) {
        try asked.withUnsafeMutableBufferPointer {
          try windows.normalizer.write(image: 0, of: ["cam": other], into: $0)
        }
      }
    }
  }

  @Test func `what only looks like a picture is refused with its remedy, never flattened`() throws {
    func refusal(_ shape: [Int], _ value: @escaping (Int) -> Double) throws -> String {
      let count = 4 * shape.reduce(1, *)
      try write(shape: shape) { group, dimensions, _ in
        try group.write("cam", dimensions: dimensions, (0..<count).map(value))
      }
      let text = message { _ = try windows() }
      // Without being named it is left out, and training continues without.
      let left = message {
        _ = try WindowDataset(DemonstrationStore(reading: path))
      }
      #expect(left.contains("cam (it looks like a picture"), "\(left)")
      return text
    }
    let depth = try refusal([12, 10, 1]) { 0.3 + 0.0001 * Double($0) }
    #expect(depth.contains("shape [12, 10, 1] and type float64"), "\(depth)")
    #expect(depth.contains("one channel of fractions may be depth"), "\(depth)")
    #expect(depth.contains("(pictures * 255).round().astype('uint8')"), "\(depth)")
    let metres = try refusal([12, 10, 1]) { 0.01 * Double($0) }
    #expect(metres.contains("range from 0 to 4.79"), "\(metres)")
    let negative = try refusal([3, 12, 10]) { Double($0 % 3) - 1 }
    #expect(negative.contains("range from -1 to 1; move channels to the end"), "\(negative)")
    let fractions = try refusal([12, 10, 3]) { Double($0 % 500) / 2 }
    #expect(fractions.contains("range from 0 to 249.5"), "\(fractions)")
    let stack = try refusal([2, 12, 10, 3]) { Double($0 % 2) }
    #expect(stack.contains("several pictures each; store each as an observation"), "\(stack)")
  }

  @Test func `a later episode of another form is named`() throws {
    try write(shape: [12, 10, 3], episodes: 2) { group, dimensions, episode in
      let all = (0..<4).flatMap { Self.picture($0) }.map { Float($0) }
      try group.write("cam", dimensions: dimensions, episode == 0 ? all.map { $0 / 255 } : all)
    }
    let text = message { _ = try windows() }
    #expect(text.contains("demo_1, dataset 'obs/cam'"), "\(text)")
    #expect(text.contains("numbers in 0…1"), "\(text)")
  }

  @Test func `crops are every part of a picture in training and its middle in acting`() throws {
    try write(shape: [12, 10, 3]) { group, dimensions, _ in
      try group.write("cam", dimensions: dimensions, (0..<4).flatMap { Self.picture($0) })
    }
    let windows = try windows(crop: ImageSize([8, 7]))
    let format = windows.normalizer.images[0]
    #expect(format.recordedShape == [12, 10, 3] && format.count == 8 * 7 * 3)
    #expect(format.words == "12×10×3, seen 8×7 of it at a time")
    func crop(_ top: Int, _ left: Int) -> [Double] {
      (top..<top + 8).flatMap { row in
        (left..<left + 7).flatMap { column in
          (0..<3).map { Double(Self.byte(1, row, column, $0)) / 127.5 - 1 }
        }
      }
    }
    let moves = format.moves(upTo: 99)
    #expect(moves.down.count == 5 && moves.across.count == 4)
    for (top, down) in moves.down.reversed().enumerated() {
      for (left, across) in moves.across.reversed().enumerated() {
        expectClose(
          pixels(windows, 1, shift: [down, across]), crop(top, left), absolute: 1e-6,
          "crop at \(top), \(left)")
      }
    }
    expectClose(pixels(windows, 1), crop(2, 1), absolute: 1e-6, "the middle")
    var asked = [Float](repeating: .nan, count: format.count)
    try asked.withUnsafeMutableBufferPointer {
      try windows.normalizer.write(image: 0, of: ["cam": .uint8(Self.picture(1))], into: $0)
    }
    #expect(asked == pixels(windows, 1))
    // Of another half, by the same scales; and after another size.
    #expect(
      try pixels(self.windows(normalizer: windows.normalizer), 1) == pixels(windows, 1))
    let both = try self.windows(size: ImageSize([24, 20]), crop: ImageSize([20]))
    #expect(
      both.normalizer.images[0].words == "12×10×3, brought to 24×20, seen 20×20 of it at a time")
    #expect(
      message { _ = try self.windows(crop: ImageSize([13, 4])) }
        == "the random crop of 13×4 is larger than the pictures of 'cam', 12×10")
  }
}
