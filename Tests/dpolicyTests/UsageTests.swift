import Foundation
import Testing

@Suite struct UsageTests {
  let folder: Scratch

  init() throws {
    folder = try Scratch()
  }

  /// The subcommands that the tool's own help lists.
  private func subcommands() throws -> [String] {
    let help = try Tool.run(["--help"], in: folder)
    #expect(help.status == 0)
    let lines = help.output.components(separatedBy: "SUBCOMMANDS:\n").last ?? ""
    return lines.matches(of: #/(?m)^  ([a-z]+) /#).map { String($0.output.1) }
  }

  @Test func `help lists the subcommands, and each has help with an example`() throws {
    let names = try subcommands()
    #expect(Set(names).isSuperset(of: ["environments", "record", "inspect"]))
    for name in names {
      let help = try Tool.run([name, "--help"], in: folder)
      #expect(help.status == 0, "\(name)")
      #expect(help.errors.isEmpty)
      #expect(help.output.hasPrefix("OVERVIEW: "), "\(name)")
      #expect(help.output.contains("Example: dpolicy \(name)"), "\(name)")
      for line in help.output.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
    }
  }

  /// Wrong usage and the first line that it is answered with.
  static let mistakes: [(String, String)] = [
    ("recrod", "unknown subcommand 'recrod' (did you mean 'record'?)"),
    ("xyzzy", "unknown subcommand 'xyzzy'; known: environments, record, inspect"),
    (
      "record --environment push --expert --episodez 3 --output a.hdf5",
      "there is no option '--episodez'; did you mean '--episodes'?"
    ),
    ("environments --jsno", "there is no option '--jsno'; did you mean '--json'?"),
    ("environments pushh", "unknown environment 'pushh' (did you mean 'push'?)"),
    (
      "environments kitchen",
      "unknown environment 'kitchen'; known: claw, push, push-t, python:ID, stdio:COMMAND"
    ),
    (
      "environments gym_pusht/PushT-v0",
      "unknown environment 'gym_pusht/PushT-v0' (did you mean 'python:gym_pusht/PushT-v0'?)"
    ),
    (
      "benchmark --environment push --demos a.hdf5 --output b --sweep policy",
      "'--sweep policy' must be path=value"
    ),
    (
      "benchmark --environment push --demos a.hdf5 --output b --jobs 0",
      "'--jobs' must be at least 1"
    ),
    (
      "inspect",
      "Missing expected argument '<path>': a demonstrations file, a folder of ACT's episodes, or a"
    ),
    ("--versoin", "there is no option '--versoin'; did you mean '--version'?"),
    ("inspect a b", "Unexpected argument 'b'; there is room for one argument, and for options"),
    (
      "train --demos a.hdf5",
      "Missing expected argument '--output <folder>': the checkpoint folder"
    ),
    (
      "train --demos a.hdf5 --output",
      "Missing value for '--output <folder>': the checkpoint folder"
    ),
    (
      "train --demos a.hdf5 --output b c",
      "Unexpected argument 'c'; values stand behind their options, as in --name value"
    ),
    (
      "train --demos a.hdf5 --output b --observations x ,y",
      "Unexpected argument ',y'; lists are written without spaces, as in a,b"
    ),
    (
      "train --demos a.hdf5 -o b",
      "there is no option '-o'; did you mean '--output' or '--observations' or '--observation-"
    ),
    ("rollout --policy a --env push", "there is no option '--env'; did you mean '--environment'?"),
    (
      "train --demos a.hdf5 --output b --threads two",
      "The value 'two' is invalid for '--threads <threads>': it must be a whole number"
    ),
    (
      "train --demos a.hdf5 --output b --steps 1e3",
      "The value '1e3' is invalid for '--steps <steps>': it must be a whole number, such as 1000"
    ),
    (
      "train --demos a.hdf5 --output b --learning-rate fast",
      "The value 'fast' is invalid for '--learning-rate <learning-rate>': it must be a number"
    ),
    (
      "rollout --policy a --environment push --seed -1",
      "The value '-1' is invalid for '--seed <seed>': it must be a whole number from 0"
    ),
    (
      "serve --policy a --port 99999",
      "The value '99999' is invalid for '--port <port>': it must be a whole number from 0 to 65535"
    ),
    (
      "speed --threads 1,x",
      "The value '1,x' is invalid for '--threads <n,m>': it must be whole numbers separated by commas"
    ),
    (
      "train --demos a.hdf5 --output b --observations x,x",
      "The value 'x,x' is invalid for '--observations <a,b>': it must be names separated by commas"
    ),
    (
      "rollout --policy a --environment push --picture x.jpg",
      "'--picture x.jpg' must end in .png, the format that is written"
    ),
    (
      "evaluate --policy a --demos b.hdf5 --picture x.svg",
      "'--picture x.svg' must end in .png, the format that is written"
    ),
    (
      "encode --policy a --demos b.hdf5 --picture x.webp",
      "'--picture x.webp' must end in .png, the format that is written"
    ),
    ("evaluate --policy a --demos b.hdf5 --threads 0", "'--threads' must be at least 1"),
    ("encode --policy a --demos b.hdf5 --threads 0", "'--threads' must be at least 1"),
    (
      "train --demos a.hdf5 --output b --set learning_rate.peek=3",
      "--set learning_rate.peek=3: unknown setting 'peek' (did you mean 'peak'?); known:"
        + " final_fraction, peak, warmup_steps"
    ),
    (
      "train --demos a.hdf5 --output b --set policy.backbone.with=3",
      "--set policy.backbone.with=3: unknown setting of mlp 'with'"
    ),
    (
      "train --demos a.hdf5 --output b --set policy.method.sampler.noise_steps.count=x",
      "--set policy.method.sampler.noise_steps.count=x: policy.method.diffusion.sampler.noise_steps"
    ),
    (
      "record --environment push --expert --output a.hdf5",
      "Say how many episodes the file holds in the end: '--episodes"
    ),
    (
      "record --environment push --expert --episodes ten --output a.hdf5",
      "The value 'ten' is invalid for '--episodes"
    ),
    (
      "record --environment push --expert --episodes 0 --output a.hdf5",
      "'--episodes' must be at least 1"
    ),
    (
      "train --demos a.hdf5 --output b --memory lots",
      "The value 'lots' is invalid for '--memory <size>': a size is written as 512M or 2G"
    ),
    (
      "act --policy a --precision quarter",
      "The value 'quarter' is invalid for '--precision <precision>'. Please provide one of 'single'"
    ),
    ("record --environment push --episodes 1 --output a.hdf5", "Say who acts: --expert"),
    (
      "record --environment puhs --expert --episodes 1 --output a.hdf5",
      "unknown environment 'puhs' (did you mean 'push'?); known: claw, push"
    ),
    (
      "record --environment push --option spred=1 --expert --episodes 1 --output a.hdf5",
      "unknown option of push 'spred' (did you mean 'spread'?)"
    ),
    (
      "record --environment push --option spread=9 --expert --episodes 1 --output a.hdf5",
      "option 'spread' is 9"
    ),
    (
      "record --environment push --option spread --expert --episodes 1 --output a.hdf5",
      "'--option spread' must be name=number, such as spread=0.5"
    ),
    (
      "record --environment push --observations stat --expert --episodes 1 --output a.hdf5",
      "unknown observation of push 'stat' (did you mean 'state'?)"
    ),
  ]

  /// What diffusion policies can be told, told wrongly: the end of a training's line, the answer.
  static let diffusions: [(String, String)] = [
    ("--process karas", "unknown process 'karas' (did you mean 'karras'?)"),
    (
      "--prediction flow-velocty",
      "unknown prediction 'flow-velocty' (did you mean 'flow-velocity'?)"
    ),
    (
      "--drawing lognormal",
      "unknown drawing of noise steps 'lognormal' (did you mean 'log-normal'?)"
    ),
    ("--sampler huen", "unknown sampler 'huen' (did you mean 'heun'?)"),
    ("--start zeros", "unknown start 'zeros' (did you mean 'zero'?)"),
    ("--variance learnt", "unknown variance 'learnt' (did you mean 'learned'?)"),
    (
      "--process flow --sampler langevin",
      "'langevin' does not go with process 'flow'; what does: ddpm, ddim, dpm++, heun, euler"
    ),
    (
      "--process flow --drawing log-normal",
      "'log-normal' does not go with process 'flow'; what does: uniform, importance, beta"
    ),
    (
      "--process flow --prediction epsilon",
      "does not go with process 'flow'; what does: sample, velocity, flow-velocity, preconditioned"
    ),
    ("--start zero", "it needs a sampler without noise (dpm++, heun, euler, or ddim with eta 0)"),
    ("--sampler ddim --eta 0.5 --start zero", "it needs a sampler without noise"),
    ("--sampler heun --eta 0.5", "'--eta' is DDIM's; add '--sampler ddim'"),
    ("--sampler heun --variance large", "'--variance' is DDPM's; add '--sampler ddpm'"),
    ("--variance learned", "small or large for a policy that is trained without --learn-variance"),
    ("--method mse --sampler ddim", "'--sampler' is for policies that denoise (diffusion,"),
    ("--method mse --learn-variance", "belongs to: diffusion, diffusion-x, diffusion-kde"),
    ("--learn-variance --padding mask", "padding of method 'diffusion' is mask"),
  ]

  @Test(arguments: diffusions)
  func `a process, sampler or prediction that cannot be is named, with what can`(
    flags: String, expected: String
  ) throws {
    let line = "train --demos a.hdf5 --output b " + flags
    let result = try Tool.run(line.split(separator: " ").map(String.init), in: folder)
    #expect(result.status == 64, "\(flags)")
    #expect(result.errors.contains(expected), "\(flags): \(result.errors)")
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(left.filter { !$0.hasPrefix(".") } == [])
  }

  @Test(arguments: mistakes)
  func `wrong usage is answered with what is wrong, and leaves nothing`(
    line: String, expected: String
  ) throws {
    let result = try Tool.run(line.split(separator: " ").map(String.init), in: folder)
    #expect(result.status == 64)
    #expect(result.output.isEmpty)
    #expect(result.errors.hasPrefix("dpolicy: \(expected)"), "\(result.errors)")
    #expect(result.errors.split(separator: "\n").count <= 2)
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(left.filter { !$0.hasPrefix(".") } == [])
  }

  @Test func `output that cannot be written is no success`() throws {
    let result = try Tool.run(["environments"], in: folder, output: "/dev/full")
    #expect(result.status == 1)
    #expect(result.errors == "dpolicy: standard output cannot be written\n")
  }
}
