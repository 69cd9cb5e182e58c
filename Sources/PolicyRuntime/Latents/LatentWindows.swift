internal import Neural

/// Windows whose chunks are latents of the chunks that they stand for: what any method learns to
/// draw latents from.
final class LatentWindows: TrainingWindows {
  let shape: PolicyShape
  private let windows: any TrainingWindows
  /// Windows × the latent's numbers.
  private let latents: [Float]

  init(_ windows: any TrainingWindows, latents: [Float], shape: PolicyShape) {
    self.windows = windows
    self.latents = latents
    self.shape = shape
  }

  var count: Int { windows.count }

  func chunks() throws -> [Float] { latents }

  func order(batch: Int, seed: UInt64) throws -> any TrainingOrder {
    try windows.order(batch: batch, seed: seed)
  }

  func gather(
    _ place: WindowPlace, observation: UnsafeMutablePointer<Float>,
    action: UnsafeMutablePointer<Float>
  ) {
    let width = shape.chunkWidth
    withUnsafeTemporaryAllocation(of: Float.self, capacity: windows.shape.chunkWidth) { chunk in
      guard let chunk = chunk.baseAddress else { return }
      windows.gather(place, observation: observation, action: chunk)
    }
    for j in 0..<width { action[j] = latents[place.window * width + j] }
  }

  func recordedActions(_ place: WindowPlace) -> Int { shape.horizons.prediction }

  func gather(
    _ place: WindowPlace, image: Int, shift: SIMD2<Int>, into pixels: UnsafeMutablePointer<Float>
  ) {
    windows.gather(place, image: image, shift: shift, into: pixels)
  }
}

/// How latents are scaled for what draws them: middle and half of where they are, one half for all
/// numbers, so that what says little stays small.
struct LatentScale {
  /// The middle of each number: [latent].
  let middle: Parameter
  /// The half of the widest: [1].
  let half: Parameter

  /// Declares them as constants.
  init(_ scope: ParameterScope, width: Int) {
    middle = scope.declareConstant("middle", shape: [width])
    half = scope.declareConstant("half", shape: [1], values: [1])
  }

  /// The scale of latents: windows × width.
  func constants(_ latents: [Float]) -> [String: [Float]] {
    let width = middle.count
    var (low, high) = (Array(latents.prefix(width)), Array(latents.prefix(width)))
    for (index, value) in latents.enumerated() {
      low[index % width] = min(low[index % width], value)
      high[index % width] = max(high[index % width], value)
    }
    let widest = zip(low, high).map { ($1 - $0) / 2 }.max() ?? 1
    return [
      middle.name: zip(low, high).map { ($0 + $1) / 2 }, half.name: [widest > 0 ? widest : 1],
    ]
  }

  /// A scale that is known before the latents are.
  func fixed(_ half: Float) -> [String: [Float]] {
    [middle.name: Array(repeating: 0, count: middle.count), self.half.name: [half]]
  }

  /// The numbers of a scale: as they are in constants, or in weights.
  func values(
    _ constants: [String: [Float]], _ weights: Weights
  ) -> (middle: [Float], half: Float) {
    (
      constants[middle.name] ?? weights[middle],
      (constants[half.name] ?? weights[half]).first ?? 1
    )
  }
}
