import Demonstrations
import Diffusion
import EnvironmentInterface
import Foundation
import Imitation
import Naming
import Neural
import Randomness
import TestSupport
import Testing

/// Policies that look at images.
@Suite struct ImageTests {
  private let folder: TemporaryFolder
  private let store: DemonstrationStore

  init() throws {
    folder = try TemporaryFolder()
    try BlobDemonstrations.write(to: folder.file("blob.hdf5"))
    store = try DemonstrationStore(reading: folder.file("blob.hdf5"))
  }

  private func configuration(
    _ method: String, steps: Int, observations: [String] = ["camera"],
    image: ImageConfiguration = ImageConfiguration(channels: [8, 16], groups: 4, shift: 0),
    backbone: String = "mlp", horizons: Horizons = .single
  ) throws -> TrainingConfiguration {
    TrainingConfiguration(
      policy: try PolicyConfiguration(
        image: image, observations: observations, horizons: horizons
      ).of(
        method, backbone,
        BackboneRegistry.small.merging([
          "schedule.steps": 10,
          // Each counter-example is a row with an image of its own.
          "energy.counter_examples": 3,
        ]) { $1 }),
      steps: steps, batch: 64, learningRate: LearningRate(peak: 3e-3))
  }

  private func policy(_ configuration: TrainingConfiguration) throws -> Policy {
    let trainer = try Trainer(configuration, demonstrations: store)
    try trainer.run()
    return try Policy(trainer.checkpoint)
  }

  /// The mean squared error on pictures that were not recorded.
  private func error(_ policy: Policy) throws -> Double {
    var stream = RandomStream(seed: 99, purpose: .demonstrator)
    let pictures = (0..<200).map { _ in BlobDemonstrations.Picture(&stream) }
    let actions = try policy.act(
      pictures.map { ObservationWindow([$0.observation]) },
      keys: pictures.indices.map { DecisionKey(seed: UInt64($0), step: 0) })
    return zip(actions, pictures).reduce(0.0) { sum, pair in
      let difference = SIMD2(pair.0[0][0], pair.0[0][1]) - pair.1.red
      return sum + Double((difference * difference).sum()) / 400
    }
  }

  @Test func `a policy learns where the red blob is, whatever the green one does`() throws {
    // Places are uniform in ±0.8: whoever ignores the image has an error of 0.8²/3 = 0.213.
    let spatial = try error(policy(configuration("mse", steps: 400)))
    #expect(spatial < 0.01)
    // Without normalisation, too.
    let plain = ImageConfiguration(channels: [8, 16], groups: 0, shift: 0)
    #expect(try error(policy(configuration("mse", steps: 400, image: plain))) < 0.01)
    // A mean over the image forgets places: it learns them at best slowly, from the edges.
    let average = ImageConfiguration(
      channels: [8, 16], groups: 4, pooling: .average, shift: 0)
    #expect(try error(policy(configuration("mse", steps: 400, image: average))) > 3 * spatial)
  }

  /// Every method, and every backbone.
  static let networks =
    MethodRegistry.trained.map { ($0, "mlp") }
    + BackboneRegistry.general.filter { $0 != "mlp" }.map { ("diffusion", $0) }

  @Test(arguments: networks)
  func `training with images gives the same bytes on 1 and 3 threads, and a policy that acts`(
    _ method: String, _ backbone: String
  ) throws {
    var configuration = try configuration(
      method, steps: 12, observations: ["brightness", "camera"],
      image: ImageConfiguration(channels: [8, 16], blocks: [0, 1], groups: 4, shift: 2),
      backbone: backbone,
      horizons: try Horizons(observation: 2, prediction: 4, action: 2))
    configuration.batch = 20
    try configuration.policy.set(["energy.counter_examples": 7, "energy.samples": 16])
    var models: [Data] = []
    for threads in [1, 3] {
      let path = folder.file("threads-\(threads)")
      let trainer = try Trainer(configuration, demonstrations: store, threads: threads)
      try trainer.run(output: path)
      #expect(trainer.metrics.last?.loss.isFinite == true)
      models.append(try Data(contentsOf: URL(fileURLWithPath: "\(path)/training.safetensors")))
      var stream = RandomStream(seed: 6, purpose: .demonstrator)
      let window = ObservationWindow([BlobDemonstrations.Picture(&stream).observation])
      let actions = try Policy(trainer.checkpoint).act(
        [window], keys: [DecisionKey(seed: 0, step: 0)])
      #expect(actions[0].count == 2 && actions[0].allSatisfy { $0.allSatisfy { $0.isFinite } })
    }
    #expect(models[0] == models[1])
  }

  @Test func `crops train to the same bytes on 1 and 3 threads, and each seed has its own`() throws
  {
    func model(_ threads: Int, _ seed: UInt64, _ crop: [Int]?) throws -> Data {
      let image = ImageConfiguration(channels: [8, 16], groups: 4, randomCrop: crop)
      var configuration = try configuration("mse", steps: 6, image: image)
      configuration.seed = seed
      let path = folder.file("crop-\(threads)-\(seed)-\(crop?[0] ?? 0)")
      let trainer = try Trainer(configuration, demonstrations: store, threads: threads)
      try trainer.run(output: path)
      // Asked with whole pictures.
      var stream = RandomStream(seed: 6, purpose: .demonstrator)
      let window = ObservationWindow([BlobDemonstrations.Picture(&stream).observation])
      #expect(
        try Policy(contentsOf: path).act([window], keys: [DecisionKey(seed: 0, step: 0)]).count == 1
      )
      return try Data(contentsOf: URL(fileURLWithPath: "\(path)/training.safetensors"))
    }
    // 13 is odd, and halved rounds up.
    let alone = try model(1, 0, [13])
    #expect(try alone == model(3, 0, [13]))
    #expect(try alone != model(1, 1, [13]))
  }

  @Test func `a checkpoint with images decides like the training that wrote it`() throws {
    var configuration = try configuration(
      "diffusion", steps: 30, observations: ["camera", "brightness"],
      horizons: try Horizons(observation: 2, prediction: 2, action: 1))
    try configuration.policy.set(["observation_dropout": 0.2])
    let trainer = try Trainer(configuration, demonstrations: store)
    try trainer.run(output: folder.file("run"))
    let tensors = try Safetensors(contentsOf: folder.file("run/model.safetensors")).tensors
    #expect(tensors["encoder.image.camera.1.convolution.weight"]?.shape == [16, 8, 3, 3])
    var stream = RandomStream(seed: 4, purpose: .demonstrator)
    let pictures = (0..<3).map { _ in BlobDemonstrations.Picture(&stream).observation }
    let windows = [[0], [1, 0], [2, 1]].map { ObservationWindow($0.map { pictures[$0] }) }
    let keys = (0..<3).map { DecisionKey(seed: UInt64($0), step: 1) }
    for guidance in [0, 1.5] {
      var sampler = try #require(configuration.policy.method.sampling)
      sampler.guidance = guidance
      let loaded = try Policy(contentsOf: folder.file("run"), sampler: sampler, capacity: 2)
      let together = try loaded.act(windows, keys: keys)
      #expect(
        try Policy(trainer.checkpoint, sampler: sampler, capacity: 2).act(windows, keys: keys)
          == together)
      for index in windows.indices {
        let alone = try loaded.act([windows[index]], keys: [keys[index]])[0]
        expectClose(
          alone.flatMap { $0 }, together[index].flatMap { $0 }, relative: 1e-4, absolute: 1e-4)
      }
    }
    let policy = try Policy(contentsOf: folder.file("run"))
    #expect(policy.observationNames == ["brightness", "camera"])
    // The image decides, and of a window both do.
    let key = [keys[0]]
    #expect(try policy.act([windows[1]], keys: key) != policy.act([windows[2]], keys: key))
  }

  @Test func `images come as JSON, flat or in rows of pixels`() throws {
    let policy = try policy(configuration("mse", steps: 1))
    var stream = RandomStream(seed: 5, purpose: .demonstrator)
    let bytes = BlobDemonstrations.Picture(&stream).bytes.map { Int($0) }
    let service = DecisionService(policy)
    func answer(_ image: Any) throws -> [String: Any] {
      let line = try JSONSerialization.data(
        withJSONObject: ["observations": ["camera": image], "seed": 1])
      return try #require(
        JSONSerialization.jsonObject(with: service.answer(line)) as? [String: Any])
    }
    let pixels = (0..<256).map { Array(bytes[3 * $0..<3 * $0 + 3]) }
    let rows = (0..<16).map { Array(pixels[16 * $0..<16 * $0 + 16]) }
    let expected = try policy.act(
      [ObservationWindow([["camera": .uint8(bytes.map { UInt8($0) })]])],
      keys: [DecisionKey(seed: 1, step: 0)])[0]
    for image in [bytes as Any, rows] {
      let actions = try #require(try answer([image])["actions"] as? [[NSNumber]])
      #expect(actions.map { $0.map(\.floatValue) } == expected)
    }
    let raw = Data(bytes.map { UInt8($0) }).base64EncodedString()
    for image in [["raw": raw], ["raw": raw, "shape": [16, 16, 3]]] as [[String: Any]] {
      let actions = try #require(try answer([image])["actions"] as? [[NSNumber]])
      #expect(actions.map { $0.map(\.floatValue) } == expected)
    }
    func complaint(_ image: Any) throws -> String {
      try answer(image)["error"] as? String ?? "none"
    }
    for (wrong, words) in [
      (["raw": raw, "shape": [3, 16, 16]], "has 768 raw bytes of the shape 3×16×16, but 16×16×3"),
      (["raw": "AAAA"], "has 3 raw bytes"), (["raw": "?"], "not base64"),
      (["row": raw], "must be obj"),
      ("AAAA", "this program reads no pictures"), ("?", "not base64"),
    ] as [(Any, String)] {
      let text = try complaint([wrong])
      #expect(text.contains(words), "\(text)")
    }
    #expect(try complaint([[1, 2, 3]]).contains("image 'camera' has 3 values, expected 768"))
    for wrong in [[[256]], [[-1]], [[0.5]], [["x"]], 7, [7]] as [Any] {
      let text = try complaint(wrong)
      #expect(text.contains("'observations.camera' must be a list of images"), "\(text)")
    }
  }

  @Test func `configurations that cannot be are told in one line`() throws {
    func text(_ image: ImageConfiguration) -> String {
      message {
        _ = try Trainer(configuration("mse", steps: 1, image: image), demonstrations: store)
      }
    }
    #expect(
      text(ImageConfiguration(channels: [8, 8, 8, 8]))
        == "the size of 'camera' is 16×16×3, but must be at least 17 pixels each way, as each of the"
        + " 4 stages of the encoder halves it; policy.image.size brings images to another size, and"
        + " policy.image.channels has the stages")
    #expect(
      text(ImageConfiguration(channels: [8], randomCrop: [20, 8]))
        == "the random crop of 20×8 is larger than the pictures of 'camera', 16×16")
    #expect(
      text(ImageConfiguration(channels: [8], randomCrop: [])).contains("the random crop is []"))
    #expect(
      text(ImageConfiguration(channels: [8, 12]))
        == "the number of image groups is 8, but must be 0 or a divisor of the channels 8, 12")
    #expect(text(ImageConfiguration(channels: [])).contains("stages is 0, but must be 1…8"))
    #expect(text(ImageConfiguration(channels: [0])).contains("channels is 0, but must be 1…1024"))
    #expect(text(ImageConfiguration(channels: [8], shift: 65)).contains("shift is 65"))
    #expect(text(ImageConfiguration(channels: [8], groups: -1)).contains("groups is -1"))
    #expect(
      message { _ = try ImagePooling(named: "averge") }.contains("spatial-softmax, average"))
  }

  @Test func `a policy tells which image of an environment it does not fit`() throws {
    let policy = try policy(configuration("mse", steps: 1))
    try policy.checkFits(BlobDemonstrations.environment)
    var other = BlobDemonstrations.environment
    other.observations[1] = Space(image: "camera", height: 32, width: 32)
    #expect(
      message { try policy.checkFits(other) }
        .contains("its 'camera' is 16×16×3, that of 'blob' is 32×32×3"))
  }
}
