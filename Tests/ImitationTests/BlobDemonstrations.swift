import Demonstrations
import EnvironmentInterface
import Randomness

/// Recordings of images whose right action is known: the place of the red blob, not the green one.
enum BlobDemonstrations {
  static let size = 16

  static let environment = EnvironmentDescription(
    name: "blob", options: [:],
    observations: [
      Space("brightness", [.init("b", from: 0, to: 1)]),
      Space(image: "camera", height: size, width: size),
    ],
    action: Space("action", ["x", "y"].map { .init($0, from: -1, to: 1) }),
    controlRate: 10, episodeLimit: 10, subtasks: [])

  /// What is seen and what is right for it: a red and a green blob, one to two pixels wide with
  /// soft edges, on a black floor.
  struct Picture {
    let bytes: [UInt8]
    let red: SIMD2<Float>

    init(_ stream: inout RandomStream) {
      func place() -> SIMD2<Float> {
        SIMD2(
          Float(stream.uniform(from: -0.8, to: 0.8)), Float(stream.uniform(from: -0.8, to: 0.8)))
      }
      let places = [place(), place()]
      var bytes = [UInt8](repeating: 0, count: size * size * 3)
      for (channel, place) in places.enumerated() {
        for row in 0..<size {
          for column in 0..<size {
            let pixel = SIMD2(Float(column), Float(row)) * (2 / Float(size - 1)) - 1
            let distance = ((pixel - place) * (pixel - place)).sum().squareRoot()
            let light = min(max(1.5 - 5 * distance, 0), 1)
            bytes[(row * size + column) * 3 + channel] = UInt8(255 * light)
          }
        }
      }
      self.bytes = bytes
      red = places[0]
    }

    var observation: ObservationFrame { ["camera": .uint8(bytes), "brightness": .float32([0.5])] }
  }

  /// Writes `episodes` episodes of `length` unrelated pictures with their actions.
  static func write(to path: String, episodes: Int = 100, length: Int = 10) throws {
    let recorder = try DemonstrationRecorder(path: path, environment: environment)
    for episode in 0..<episodes {
      var stream = RandomStream(seed: 3, purpose: .demonstrator, index: UInt32(episode))
      let pictures = (0..<length).map { _ in Picture(&stream) }
      try recorder.append(
        Episode(
          actions: Series(
            shape: [2], elements: .float32(pictures.flatMap { [$0.red.x, $0.red.y] })),
          observations: [
            "camera": Series(
              shape: [size, size, 3], elements: .uint8(pictures.flatMap(\.bytes))),
            "brightness": Series(
              shape: [1], elements: .float32((0..<length).map { Float($0) / Float(length) })),
          ],
          rewards: Array(repeating: 0, count: length),
          dones: (0..<length).map { $0 == length - 1 }))
    }
    try recorder.close()
  }
}
