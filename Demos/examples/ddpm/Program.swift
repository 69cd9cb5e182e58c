import Diffusion
import Foundation
import Randomness

/// The tutorial "DDPM from scratch", from training to pictures.
///
/// Usage: ddpm [FOLDER] [STEPS]
@main
struct Program {
  static func main() throws {
    let arguments = CommandLine.arguments
    let folder = arguments.count > 1 ? arguments[1] : "."
    let steps = arguments.count > 2 ? Int(arguments[2]) ?? 3000 : 3000
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)

    let denoiser = try PairDenoiser(steps: steps, drawing: 4000) { step, loss in
      if step % 500 == 0 || step == steps {
        print("step \(step) of \(steps): loss \(String(format: "%.3f", loss))")
      }
    }
    try save(schedule(denoiser.process) + forward(denoiser.process), in: folder, as: "forward")
    try save(scores(denoiser), in: folder, as: "score")
    try save(samples(denoiser), in: folder, as: "samplers")
  }

  private static func save(_ panels: [Plot.Panel], in folder: String, as name: String) throws {
    let path = "\(folder)/ddpm-\(name).svg"
    try Plot(panels: panels).svg.write(toFile: path, atomically: true, encoding: .utf8)
    print("drew \(path)")
  }

  /// What stays of a clean value, and how much noise there is, after t steps.
  static func schedule(_ process: NoiseProcess) -> [Plot.Panel] {
    let levels = (1...process.steps).map { (Double($0), process.level($0)) }
    return [
      Plot.Panel(
        title: "signal a, noise b (blue)", x: 0...Double(process.steps), y: 0...1,
        curves: [levels.map { ($0, $1.signal) }, levels.map { ($0, $1.noise) }])
    ]
  }

  /// Pairs after t steps of noise, in one jump from clean ones, beside the exact density.
  static func forward(_ process: NoiseProcess) -> [Plot.Panel] {
    [5, 15, 50].map { t in
      var stream = RandomStream(seed: 2, purpose: .trainingNoise, index: UInt32(t))
      let level = process.level(t)
      let noisy = (0..<4000).flatMap { _ in
        Clouds.draw(&stream).map { Float(level.signal * $0 + level.noise * stream.normal()) }
      }
      return panel("t = \(t)", noisy, at: level)
    }
  }

  /// The learnt score beside the exact one, on the line through both clouds.
  static func scores(_ denoiser: PairDenoiser) -> [Plot.Panel] {
    [5, 15, 30, 50].map { t in
      let places = stride(from: -1.2, through: 1.2, by: 0.04).map { [$0, -$0 * 2 / 3] }
      let level = denoiser.process.level(t)
      let exact = places.map { ($0[0], Clouds.score($0, at: level)[0]) }
      let learnt = zip(places, denoiser.score(places, t: t)).map { ($0[0], $1[0]) }
      let reach = (exact.map { abs($0.1) }.max() ?? 1) * 1.1
      return Plot.Panel(
        title: "score at t = \(t)", x: -1.2...1.2, y: -reach...reach, curves: [exact, learnt])
    }
  }

  /// What four samplers draw, beside the exact density.
  static func samples(_ denoiser: PairDenoiser) -> [Plot.Panel] {
    denoiser.plans.enumerated().map { index, entry in
      let drawn = denoiser.draw(entry.plan, seed: UInt64(index))
      print("\n\(entry.name): drawn | exact\n\(text(histogram(drawn)))")
      return panel(entry.name, drawn, at: .clean)
    }
  }

  private static func panel(
    _ title: String, _ pairs: [Float], at level: NoiseLevel
  ) -> Plot.Panel {
    let exact = stride(from: -1.2, through: 1.2, by: 0.02).map {
      ($0, Clouds.density($0, at: level))
    }
    let top = (exact.map(\.1).max() ?? 1) * 1.35
    return Plot.Panel(
      title: title, x: -1.2...1.2, y: 0...top,
      bars: histogram(pairs, bins: 48).map { ($0.middle, $0.density) }, curves: [exact])
  }
}
