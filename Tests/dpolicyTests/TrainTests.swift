import Demonstrations
import Foundation
import Testing

/// From demonstrations to decisions, with a policy far too small to be good.
@Suite struct TrainTests {
  let folder: Scratch

  init() throws {
    folder = try Scratch()
    let recorded = try run("record --environment push --expert --episodes 3 --output push.hdf5")
    #expect(recorded.status == 0, "\(recorded.errors)")
  }

  private func run(_ line: String, input: String = "") throws -> Tool.Result {
    try Tool.run(line.split(separator: " ").map(String.init), in: folder, input: input)
  }

  /// Trains a few steps of a tiny network.
  private func train(_ output: String, steps: Int, _ more: String = "") throws -> Tool.Result {
    try run(
      "train --demos push.hdf5 --recipe none --output \(output) --steps \(steps) --batch 16 "
        + "--hidden-width 16 "
        + "--depth 1 --observation-horizon 2 --prediction-horizon 4 --action-horizon 2 "
        + (more.contains("--method mse") ? more : "--noise-steps 5 \(more)"))
  }

  private func json(_ text: String) throws -> [String: Any] {
    try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  private func bytes(_ path: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: folder.file(path)))
  }

  @Test func `single actions that nobody chose are advised against, and trained`() throws {
    let line = "train --demos push.hdf5 --steps 1 --batch 8"
    let advice = "caution: one action at a time, as no horizons are given"
    let plain = try run("\(line) --recipe none --output a")
    #expect(plain.status == 0 && plain.errors.contains(advice), "\(plain.errors)")
    let flags = try #require(plain.errors.firstMatch(of: /usually do better: (--backbone.*)\n/))
    let advised = try run("\(line) --recipe none --output b \(flags.1)")
    #expect(advised.status == 0 && !advised.errors.contains("caution"), "\(advised.errors)")
    let horizons = try #require(
      (try json(String(decoding: bytes("b/config.json"), as: UTF8.self))["training"]
        as? [String: Any])?["policy"] as? [String: Any])["horizons"]
    #expect(horizons as? [String: Int] == ["observation": 2, "prediction": 16, "action": 8])
    // Chosen, or by the recipe: nobody is told otherwise.
    for more in ["--method mse --prediction-horizon 1 --action-horizon 1", "", "--recipe push"] {
      let silent = try run("\(line) --output c \(more)")
      #expect(silent.status == 0 && !silent.errors.contains(advice), "\(more): \(silent.errors)")
      try FileManager.default.removeItem(atPath: folder.file("c"))
    }
  }

  @Test func `held-out episodes are those of the training, or none`() throws {
    for (name, more) in [("all", ""), ("few", " --episodes 1")] {
      let trained = try train(name, steps: 2, "--method mse --validation 0.4\(more)")
      #expect(trained.status == 0, "\(trained.errors)")
      let judged = try run("evaluate --policy \(name) --demos push.hdf5 --held-out --draws 1")
      #expect(judged.status == 0, "\(judged.errors)")
    }
    let more = try run("record --environment push --expert --episodes 4 --output push.hdf5")
    #expect(more.status == 0, "\(more.errors)")
    let refused = try run("evaluate --policy all --demos push.hdf5 --held-out --draws 1")
    #expect(refused.status == 64 && refused.errors.contains("it is not what it was"))
  }

  @Test func `a policy is evaluated, and teaches one of few steps that acts`() throws {
    let more = "--prediction velocity --validation 0.4"
    let trained = try train("teacher", steps: 10, more)
    #expect(trained.status == 0, "\(trained.errors)")
    let evaluate = "evaluate --policy teacher --demos push.hdf5 --held-out --draws 2"
    let evaluated = try run("\(evaluate) --picture terms.png")
    #expect(evaluated.status == 0, "\(evaluated.errors)")
    for words in ["bound, variance small", "best constant", "error of actions", "by noise step"] {
      #expect(evaluated.output.contains(words), "\(evaluated.output)")
    }
    #expect(try bytes("terms.png").starts(with: [0x89, 0x50, 0x4E, 0x47]))
    let document = try run("\(evaluate) --json")
    #expect(try (json(document.output)["noise_steps"] as? [Any])?.count == 5)
    #expect(try run("\(evaluate) --json").output == document.output)
    let other = try run("evaluate --policy teacher --demos push.hdf5 --mask nobody")
    #expect(other.status != 0 && other.errors.contains("nobody"))

    let distill = "distill --teacher teacher --steps 1 --training-steps 5 --output student"
    let distilled = try run("\(distill) --json")
    #expect(distilled.status == 0, "\(distilled.errors)")
    let students = try #require(
      JSONSerialization.jsonObject(with: Data(distilled.output.utf8)) as? [[String: Any]])
    #expect(students.compactMap { $0["steps"] as? Int } == [2, 1])
    let again = try run(distill)
    #expect(again.status != 0 && again.errors.contains("there is a checkpoint already"))
    #expect(try run("\(distill) --resume").status == 0)
    let rolled = try run("rollout --policy student --environment push --episodes 1 --json")
    #expect(rolled.status == 0, "\(rolled.errors)")
    let wrong = try run("rollout --policy student --environment push --episodes 1 --sampler ddpm")
    #expect(wrong.status != 0 && wrong.errors.contains("it was taught no others"))
    _ = try train("epsilon", steps: 2)
    let refused = try run("distill --teacher epsilon --steps 1 --output no")
    #expect(refused.status != 0 && refused.errors.contains("--prediction velocity"))
  }

  @Test func `a trained policy is inspected, decides and is rolled out`() throws {
    let trained = try train("policy", steps: 20, "--json")
    #expect(trained.status == 0, "\(trained.errors)")
    #expect(try json(trained.output)["steps"] as? Int == 20)

    let inspected = try run("inspect policy --verify --json")
    #expect(inspected.status == 0, "\(inspected.errors)")
    #expect(try json(inspected.output)["step"] as? Int == 20)
    #expect(try run("inspect policy").output.hasPrefix("policy: diffusion policy, step 20 of 20"))

    let state = "[[0,0,0,0,1,0,0,0,1,0,0,0,0,0]]"
    let window = #"{"id": "a", "observations": {"state": \#(state)}, "seed": 1}"#
    let lines = [
      window, "nonsense", window.replacingOccurrences(of: "state", with: "stat"), window,
    ]
    let answers = try run("act --policy policy", input: lines.joined(separator: "\n") + "\n")
    #expect(answers.status == 0, "\(answers.errors)")
    let parsed = try answers.output.split(separator: "\n").map { try json(String($0)) }
    try #require(parsed.count == 4)
    let actions = try #require(parsed[0]["actions"] as? [[Double]])
    #expect(actions.count == 2 && actions.allSatisfy { $0.count == 2 })
    #expect(parsed[0]["id"] as? String == "a")
    #expect(parsed[1]["error"] is String && parsed[2]["error"] is String)
    #expect(parsed[3]["actions"] as? [[Double]] == actions)

    let rollouts = try ["1", "2"].map {
      try run("rollout --policy policy --environment push --episodes 2 --threads \($0) --json")
    }
    #expect(rollouts.allSatisfy { $0.status == 0 })
    let reports = try rollouts.map { try json($0.output) }
    #expect(reports[0]["episodes"] as? Int == 2)
    let far = try run(
      "rollout --policy policy --environment push --episodes 1 --action-horizon 99")
    #expect(far.status != 0 && far.errors.contains("the action horizon is 99"), "\(far.errors)")
    let rewards = reports.compactMap { $0["mean_reward"] as? Double }
    #expect(rewards.count == 2 && rewards[0] == rewards[1], "\(reports[0].keys)")
    #expect(try json(trained.output)["steps_per_second"] is Double)
  }

  @Test func `a recipe holds where nothing else is named`() throws {
    func policy(_ flags: String) throws -> [String: Any] {
      try? FileManager.default.removeItem(atPath: folder.file("r"))
      let result = try run("train --demos push.hdf5 --steps 1 --batch 4 --output r \(flags)")
      #expect(result.status == 0, "\(flags): \(result.errors)")
      #expect(result.errors.contains("the recipe of push: ") == flags.isEmpty, "\(result.errors)")
      let settings = try json(String(decoding: bytes("r/config.json"), as: UTF8.self))
      let training = try #require(settings["training"] as? [String: Any])
      return try #require(training["policy"] as? [String: Any])
    }
    let recipe = try policy("")
    #expect((recipe["backbone"] as? [String: Any])?.keys.first == "scene")
    let horizons = recipe["horizons"] as? [String: Int]
    #expect(horizons == ["observation": 1, "prediction": 8, "action": 1])
    for flags in ["--recipe none", "--method diffusion", "--observations state"] {
      #expect((try policy(flags)["backbone"] as? [String: Any])?.keys.first == "mlp")
    }
    let unknown = try run("train --demos push.hdf5 --recipe pusht --output u")
    #expect(unknown.status != 0 && unknown.errors.contains("claw, push, push-t"))
  }

  @Test func `a way to sample that a policy does not have is refused in a line`() throws {
    #expect(try train("mse", steps: 3, "--method mse").status == 0)
    #expect(try train("plain", steps: 3, "--set policy.backbone.depth=2").status == 0)
    let inspected = try run("inspect plain --json")
    #expect(inspected.output.contains("\"depth\" : 2"))
    let rollout = "rollout --environment push --episodes 1 --policy"
    for (line, expected) in [
      (
        "\(rollout) mse --extra-steps 3",
        "'--extra-steps' is for policies that denoise (diffusion, diffusion-x"
      ),
      ("\(rollout) mse --candidates 3", "'--candidates' is for policies that denoise"),
      ("\(rollout) plain --guidance 1", "guidance needs a policy that was trained with"),
      ("\(rollout) plain --sampler dimd", "unknown sampler 'dimd' (did you mean 'ddim'?)"),
      ("\(rollout) plain --eta 0.5", "'--eta' is DDIM's"),
      ("\(rollout) plain --sampling-steps 9", "the number of sampling steps is 9, but must lie in"),
      ("\(rollout) plain --candidates 0", "the number of candidates is 0, but must lie in"),
      ("act --policy mse --guidance 1", "'--guidance' is for policies that denoise"),
    ] {
      let result = try run(line)
      #expect(result.status == 64, "\(line): \(result.errors)")
      #expect(result.errors.hasPrefix("dpolicy: \(expected)"), "\(line): \(result.errors)")
    }
    let foreign = try train("foreign", steps: 3, "--method mse --bins 4")
    #expect(foreign.status == 64, "\(foreign.errors)")
    #expect(foreign.errors.hasPrefix("dpolicy: 'mse' has no --bins; it belongs to: discretised"))
    let guided = "--observation-dropout 0.2 --guidance 1 --extra-steps 2"
    #expect(try train("guided", steps: 3, guided).status == 0)
    #expect(try run("\(rollout) guided --candidates 3 --bandwidth 0.1").status == 0)
    let bad = try train("bad", steps: 3, "--set policy.backbone.dept=2")
    #expect(bad.status == 64 && bad.errors.contains("'dept' (did you mean 'depth'?)"))
  }

  @Test func `training in two parts leaves the bytes of training in one go`() throws {
    #expect(try train("whole", steps: 12).status == 0)
    #expect(try train("parts", steps: 5, "--threads 1").status == 0)
    let resumed = try run("train --steps 12 --resume --output parts --threads 2")
    #expect(resumed.status == 0, "\(resumed.errors)")
    // Within the warm-up the learning rate does not depend on the total number of steps.
    #expect(try bytes("parts/model.safetensors") == bytes("whole/model.safetensors"))
  }

  @Test func `Ctrl-C saves a checkpoint and says how to continue`() throws {
    let line =
      "train --demos push.hdf5 --output long --steps 100000000 --batch 16 --hidden-width 16"
    let result = try Tool.run(line.split(separator: " ").map(String.init), in: folder) { process in
      Thread.sleep(forTimeInterval: 2)
      process.interrupt()
    }
    #expect(result.status == 130)
    #expect(result.errors.contains("continue with: dpolicy train --resume --output long"))
    #expect(try run("inspect long --verify").status == 0)
  }

  @Test func `what does not fit is refused by name`() throws {
    #expect(try train("policy", steps: 1).status == 0)
    let configuration = "method: mse\nlearning_rate:\n  peek: 0.1\n"
    try Data(configuration.utf8).write(to: URL(fileURLWithPath: folder.file("a.yaml")))
    try Data("{}".utf8).write(to: URL(fileURLWithPath: folder.file("policy.json")))
    for (line, status, expected) in [
      ("train --output p", 64, "Say what to train on: --demos FILE."),
      ("train --demos none.hdf5 --output p", 65, "none.hdf5: there is no such file"),
      ("train --demos policy.json --output p", 65, "policy.json: is not an HDF5 file"),
      ("train --demos push.hdf5 --output p --method difusion", 64, "unknown method 'difusion'"),
      (
        "train --demos push.hdf5 --output p --schedule cosin", 64,
        "unknown noise schedule 'cosin' (did you mean 'cosine'?)"
      ),
      ("train --demos push.hdf5 --output p --observations state,state", 64, "is invalid"),
      ("train --demos push.hdf5 --output p --learning-rate -1", 64, "learning rate is -1.0"),
      (
        "train --demos push.hdf5 --output p --observations sate", 65,
        "'obs/sate' (did you mean 'obs/state'?)"
      ),
      ("train --demos push.hdf5 --output p --angle state", 64, "'state' names no angle"),
      ("train --demos push.hdf5 --output p --memory 2X", 64, "'2X' is invalid for '--memory"),
      ("train --demos push.hdf5 --output p --memory 8K", 64, "8 KiB of memory for demonstrations"),
      (
        "train --demos push.hdf5 --output p --recipe none --hidden-width 65536 --depth 900", 64,
        "training needs at least 70.3 TiB of memory for parameters"
      ),
      ("train --demos push.hdf5 --output p --prediction-horizon 100000", 65, "longest episode"),
      ("train --demos push.hdf5 --output p --config a.yaml", 64, "a.yaml: unknown setting"),
      ("train --demos push.hdf5 --output policy", 64, "policy: there is a checkpoint already"),
      ("rollout --policy policy --environment claw", 65, "the policy does not fit"),
      ("rollout --policy nowhere --environment push", 65, "nowhere: not a checkpoint folder"),
      ("act --policy push.hdf5", 65, "push.hdf5: not a checkpoint folder"),
      ("inspect policy/normalizer.json", 65, "is not an HDF5 file"),
    ] {
      let result = try run(line)
      #expect(result.status == status, "\(line): \(result.errors)")
      #expect(result.output.isEmpty)
      #expect(result.errors.hasPrefix("dpolicy: "))
      #expect(result.errors.contains(expected), "\(line): \(result.errors)")
      #expect(!result.errors.contains("Error("), "\(line): \(result.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: folder.file("p")))
  }

  @Test func `a folder that is no checkpoint is not replaced`() throws {
    // What happens where an output is wrong must not cost what lies there.
    let mine = folder.file("work/mine.txt")
    try FileManager.default.createDirectory(
      atPath: folder.file("work"), withIntermediateDirectories: true)
    try Data("mine".utf8).write(to: URL(fileURLWithPath: mine))
    for output in ["", ".", "work", "push.hdf5"] {
      let line = ["train", "--demos", "push.hdf5", "--steps", "1", "--output", output]
      let result = try Tool.run(line, in: folder)
      #expect(result.status == 1, "'\(output)': \(result.errors)")
      #expect(result.errors.contains("cannot be written: "), "\(result.errors)")
      #expect(try bytes("work/mine.txt") == Data("mine".utf8))
      #expect(try run("inspect push.hdf5 --verify").status == 0)
    }
  }

  @Test func `what else lies in a checkpoint folder stays there`() throws {
    #expect(try train("policy", steps: 3).status == 0)
    try Data("mine".utf8).write(to: URL(fileURLWithPath: folder.file("policy/mine.txt")))
    #expect(try run("train --resume --output policy --steps 5").status == 0)
    #expect(try run("inspect policy").output.contains("step 5 of 5"))
    #expect(try bytes("policy/mine.txt") == Data("mine".utf8))
    let again = try run("train --resume --output policy")
    #expect(again.status == 0 && again.output.contains("all 5 steps were already done"))
  }

  @Test func `a loss that is no number stops training and keeps the last checkpoint`() throws {
    try Data("checkpoint_interval: 1".utf8).write(to: URL(fileURLWithPath: folder.file("a.yaml")))
    let result = try train("wild", steps: 50, "--learning-rate 1e15 --config a.yaml")
    #expect(result.status == 1)
    #expect(result.errors.contains("the loss is no longer finite at step "), "\(result.errors)")
    #expect(result.errors.contains("checkpoint is kept in wild"), "\(result.errors)")
    #expect(try run("inspect wild --verify").status == 0)
  }

  @Test func `rollouts are drawn, kept and learnt from`() throws {
    #expect(try train("policy", steps: 2).status == 0)
    let line = "rollout --policy policy --environment push --episodes 2"
    let played = try run("\(line) --output own.hdf5 --picture own.png")
    #expect(played.status == 0, "\(played.errors)")
    #expect(try bytes("own.png").prefix(8).elementsEqual([137, 80, 78, 71, 13, 10, 26, 10]))
    #expect(try run("inspect own.hdf5 --verify").status == 0)
    #expect(try run("train --demos own.hdf5 --output second --steps 2").status == 0)
    for (more, status) in [("--output own.hdf5 --seed 7", 64), ("--picture no/a.png", 1)] {
      let refused = try run("\(line) \(more)")
      #expect(refused.status == status && refused.output.isEmpty, "\(refused.errors)")
    }
  }

  @Test func `a rollout continues its file, which says that it is a part`() throws {
    #expect(try train("policy", steps: 2).status == 0)
    let line = "rollout --policy policy --environment push --threads 1"
    #expect(try run("\(line) --episodes 5 --output whole.hdf5").status == 0)
    #expect(try run("\(line) --episodes 2 --output parts.hdf5").status == 0)
    let plan = try run("inspect parts.hdf5 --json").output
    #expect(plan.contains(#""episodes" : 2"#), "\(plan)")
    let arguments = "\(line) --episodes 100000 --output parts.hdf5".split(separator: " ")
    let stopped = try Tool.run(arguments.map(String.init), in: folder) {
      Thread.sleep(forTimeInterval: 1)
      $0.interrupt()
    }
    #expect(stopped.status == 130, "\(stopped.errors)")
    let part = try run("inspect parts.hdf5 --verify")
    #expect(part.output.contains("of 100000 episodes of 'dpolicy rollout'"), "\(part.output)")
    #expect(try run("\(line) --episodes 5 --output parts.hdf5").status == 0)
    let (a, b) = try (
      DemonstrationStore(reading: folder.file("whole.hdf5")),
      DemonstrationStore(reading: folder.file("parts.hdf5"))
    )
    for index in 0..<5 { #expect(try a.episode(index) == b.episode(index)) }
    let other = try run("\(line) --episodes 9 --output parts.hdf5 --seed 3")
    #expect(other.status == 64)
    #expect(other.errors.contains("seed was 1000000 and is 3"), "\(other.errors)")
  }

  @Test func `a second training into a folder is told who has it`() throws {
    let line = "train --demos push.hdf5 --output shared --steps 100000000 --threads 1"
    var second: Tool.Result?
    var process: Int32 = 0
    let first = try Tool.run(line.split(separator: " ").map(String.init), in: folder) {
      process = $0.processIdentifier
      let end = Date(timeIntervalSinceNow: 30)
      while !FileManager.default.fileExists(atPath: folder.file("shared/config.json")), Date() < end
      {
        Thread.sleep(forTimeInterval: 0.05)
      }
      // The folder is whole before the first checkpoint interval has passed.
      #expect(try run("inspect shared --verify").status == 0)
      second = try run(line + " --resume")
      $0.interrupt()
    }
    #expect(first.status == 130, "\(first.errors)")
    #expect(second?.status == 1)
    #expect(
      second?.errors == "dpolicy: shared: another process (\(process)) is training into it; "
        + "wait for it to end, or stop it\n")
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(!left.contains { $0.contains("shared.") }, "\(left)")
  }

  @Test func `settings that do not mean what they seem are refused by their path`() throws {
    let bomb = (1...9).map { level in
      let item = level == 1 ? "1" : "*a\(level - 1)"
      return "a\(level): &a\(level) [\(Array(repeating: item, count: 9).joined(separator: ","))]"
    }.joined(separator: "\n")
    for (yaml, message) in [
      ("steps: 010", "s.yaml: steps: '010' begins with a zero"),
      ("batch: 1e999", "s.yaml: batch: '1e999' is not a finite number"),
      ("learning_rate: {peak: .inf}", "s.yaml: learning_rate.peak: '.inf' is not a finite number"),
      ("policy: {horizons: {observation: 1152921504606846976}}", "observation horizon"),
      (bomb, "stand for too many values"),
      (String(repeating: "[", count: 100_000), "nested deeper than any configuration"),
      (String(repeating: "- ", count: 100_000), "nested deeper than any configuration"),
    ] {
      try Data(yaml.utf8).write(to: URL(fileURLWithPath: folder.file("s.yaml")))
      let result = try run("train --demos push.hdf5 --config s.yaml --output none")
      #expect(result.status == 64, "\(yaml.prefix(80)): \(result.errors)")
      #expect(result.errors.contains(message), "\(yaml.prefix(80)): \(result.errors)")
    }
    #expect(mkfifo(folder.file("pipe"), 0o600) == 0)
    for line in ["inspect pipe", "train --demos pipe --output none"] {
      let result = try run(line)
      #expect(result.status == 65)
      #expect(
        result.errors == "dpolicy: pipe: cannot be opened: it is a pipe, and a file is needed\n")
    }
    let settings = try run("train --demos push.hdf5 --config pipe --output none")
    #expect(settings.errors.contains("it is a pipe, and a file is needed"), "\(settings.errors)")
  }

  @Test func `names cannot steer the terminal`() throws {
    let name = "red\u{1B}[31m.hdf5"
    try Data("x".utf8).write(to: URL(fileURLWithPath: folder.file(name)))
    let result = try Tool.run(["inspect", name], in: folder)
    #expect(result.status == 65)
    #expect(result.errors.hasPrefix(#"dpolicy: red\u{1B}[31m.hdf5: "#), "\(result.errors)")
  }

  @Test(arguments: [
    "record --environment push --expert --output x.hdf5 --episodes 9223372036854775807",
    "record --environment push --expert --output x.hdf5 --episodes 1 --threads 1152921504606846976",
    "train --demos push.hdf5 --output x --threads 9223372036854775807",
    "train --demos push.hdf5 --output x --observation-horizon 1152921504606846976",
    "train --demos push.hdf5 --output x --batch 9223372036854775807",
    "benchmark --environment push --demos push.hdf5 --output x --seeds 1152921504606846976",
    "benchmark --environment push --demos push.hdf5 --output x --episodes 9223372036854775807",
    "benchmark --environment push --demos push.hdf5 --output x --jobs 9223372036854775807",
  ])
  func `numbers beyond every machine are wrong usage and no trap`(line: String) throws {
    let result = try run(line)
    #expect(result.status == 64, "\(result.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder.file("x")))
  }

  @Test func `signals do not corrupt the memory that products work in`() throws {
    // Single-threaded, so that the signal comes to the thread that computes.
    let line = "train --demos push.hdf5 --output long --steps 100000000 --resume --threads 1"
    for _ in 0..<6 {
      let result = try Tool.run(line.split(separator: " ").map(String.init), in: folder) {
        Thread.sleep(forTimeInterval: 0.4)
        $0.interrupt()
      }
      #expect(result.status == 130, "\(result.errors)")
    }
  }

  @Test func `a damaged checkpoint is bad data`() throws {
    for (file, keep) in [
      ("model.safetensors", 0.5), ("model.safetensors", 0.999), ("config.json", 0.5),
      ("normalizer.json", 0.5), ("training.safetensors", 0.5),
    ] {
      try? FileManager.default.removeItem(atPath: folder.file("policy"))
      #expect(try train("policy", steps: 1).status == 0)
      let whole = try bytes("policy/\(file)")
      try whole.prefix(Int(Double(whole.count) * keep))
        .write(to: URL(fileURLWithPath: folder.file("policy/\(file)")))
      let result = try run("inspect policy --verify")
      #expect(result.status == 65, "\(file): \(result.errors)")
      #expect(result.errors.hasPrefix("dpolicy: policy/\(file): "), "\(result.errors)")
      #expect(result.errors.split(separator: "\n").count == 1)
    }
  }
}
