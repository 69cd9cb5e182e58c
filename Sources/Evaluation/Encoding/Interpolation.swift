public import Demonstrations
import Foundation
public import Imitation
import Neural

/// Chunks on the way between two that were recorded, by their latents, at the window of the first.
public struct Interpolation: Sendable {
  /// How far along each chunk is, from 0 to 1.
  public let shares: [Double]
  /// The chunks on the way, each Tp × A, in the recording's units.
  public let chunks: [[[Float]]]

  /// Encodes two windows and decodes what lies between.
  ///
  /// Latents are mixed in proportion; noise too, but so that it keeps its length on average
  /// (spherically), as normal noise has it.
  ///
  /// - Parameters:
  ///   - checkpoint: The policy.
  ///   - demonstrations: The recordings, of at least two episodes.
  ///   - pair: The two episodes, by the recordings' order.
  ///   - steps: How many chunks, with both ends.
  /// - Throws: As ``Encoding/init(_:of:atMost:episodes:threads:)``.
  public init(
    _ checkpoint: Checkpoint, of demonstrations: DemonstrationStore, between pair: (Int, Int),
    steps: Int = 7
  ) throws {
    let width = checkpoint.shape.chunkWidth
    let codec = try Encoding.codec(checkpoint, capacity: steps)
    let data = try WindowDataset(
      demonstrations, actions: checkpoint.configuration.actions,
      horizons: checkpoint.shape.horizons, episodes: [pair.0, pair.1],
      normalizer: checkpoint.normalizer)
    let middles = [pair.0, pair.1].map { episode in
      (0..<data.count).filter { data.origin(of: $0).episode == episode }
    }.compactMap { $0.isEmpty ? nil : $0[$0.count / 2] }
    guard middles.count == 2 else {
      throw EvaluationError.missing(what: "two episodes to go between", where: demonstrations.path)
    }
    var rows = [Float](repeating: 0, count: 2 * width)
    for (row, window) in middles.enumerated() {
      rows.withUnsafeMutableBufferPointer { rows in
        guard let chunk = rows.baseAddress else { return }
        Self.show(data, window, row, codec, chunk: chunk + row * width)
      }
    }
    let latents = codec.latents(of: rows)
    let noise = codec.noise(of: rows, latents: latents)
    let shares = (0..<steps).map { Double($0) / Double(max(steps - 1, 1)) }
    var scratch = [Float](repeating: 0, count: width)
    for row in 0..<steps {
      scratch.withUnsafeMutableBufferPointer {
        guard let chunk = $0.baseAddress else { return }
        Self.show(data, middles[0], row, codec, chunk: chunk)
      }
    }
    let made = codec.chunks(
      of: shares.flatMap { Self.mixed(latents, (1 - $0, $0)) },
      noise: noise.map { noise in
        shares.flatMap { share in Self.mixed(noise, (cos(share * .pi / 2), sin(share * .pi / 2))) }
      })
    self.shares = shares
    let action = checkpoint.shape.actionWidth
    chunks = try (0..<steps).map { row in
      try stride(from: row * width, to: (row + 1) * width, by: action).map {
        try checkpoint.normalizer.denormalise(action: Array(made[$0..<$0 + action]))
      }
    }
  }

  /// The halves of an array, weighed.
  private static func mixed(_ rows: [Float], _ weights: (Double, Double)) -> [Float] {
    let half = rows.count / 2
    return (0..<half).map {
      Float(weights.0 * Double(rows[$0]) + weights.1 * Double(rows[half + $0]))
    }
  }

  /// Writes a window to a row of a codec, and its chunk.
  private static func show(
    _ data: WindowDataset, _ window: Int, _ row: Int, _ codec: any ChunkCodec,
    chunk: UnsafeMutablePointer<Float>
  ) {
    var unseen = [Float](repeating: 0, count: data.observationWidth)
    unseen.withUnsafeMutableBufferPointer { unseen in
      guard let nowhere = unseen.baseAddress else { return }
      let seen = codec.observations.baseAddress.map { $0 + row * data.observationWidth }
      data.gather(window: window, observation: seen ?? nowhere, action: chunk)
    }
    for (index, pixels) in codec.images.enumerated() {
      let count = data.horizons.observation * data.normalizer.images[index].count
      if let start = pixels.baseAddress {
        data.gather(window: window, image: index, into: start + row * count)
      }
    }
  }

  /// A panel for each value of an action, a line for each chunk, over the chunk's steps.
  public func picture(title: String) -> PlotGrid {
    let values = chunks.first?.first?.count ?? 0
    return PlotGrid(
      title: title,
      plots: (0..<values).map { value in
        LinePlot(
          title: "value \(value)", xLabel: "step of the chunk", yLabel: "action",
          lines: zip(shares, chunks).map { share, chunk in
            LinePlot.Line(
              String(format: "%.2f", share),
              points: chunk.enumerated().map { .init(Double($0.offset), Double($0.element[value])) }
            )
          })
      })
  }
}
