import Foundation
import Imitation
import TestSupport
import Testing

/// `dpolicy serve`, asked as robots and other programs ask it.
@Suite(.serialized) struct ServeTests {
  /// A folder with a small policy for push, trained in a second.
  private func policy() throws -> Scratch {
    let folder = try Scratch()
    for arguments in [
      "record --environment push --expert --episodes 4 --seed 0 --output d.hdf5",
      "train --demos d.hdf5 --method diffusion --backbone mlp --steps 50 --batch 32"
        + " --observation-horizon 2 --prediction-horizon 8 --action-horizon 4 --output policy",
    ] {
      let run = try Tool.run(arguments.split(separator: " ").map(String.init), in: folder)
      try #require(run.status == 0, "\(run.errors)")
    }
    return folder
  }

  private func script(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Scripts/\(name)").standardized.path
  }

  /// Serves while `body` runs, which is given the address, then ends it with a signal.
  private func serving(
    from folder: Scratch, _ options: [String] = [], ending signal: Int32 = SIGTERM,
    _ body: (String) throws -> Void
  ) throws -> Tool.Result {
    let log = folder.file("address-\(UUID().uuidString)")
    _ = FileManager.default.createFile(atPath: log, contents: nil)
    let arguments = ["serve", "--policy", "policy", "--port", "0"] + options
    return try Tool.run(arguments, in: folder, output: log) { process in
      defer { kill(process.processIdentifier, signal) }
      var address = ""
      for _ in 0..<300 where !address.hasSuffix("\n") && process.isRunning {
        Thread.sleep(forTimeInterval: 0.05)
        address = try String(contentsOfFile: log, encoding: .utf8)
      }
      try #require(address.hasPrefix("http://127.0.0.1:"), "\(address)")
      try body(address.trimmingCharacters(in: .newlines))
    }
  }

  @Test func `the Python client gets what act answers, and rolls out an environment`() throws {
    let folder = try policy()
    let documents = (0..<6).map { number in
      let rows = (0...number % 2).map { step in
        "["
          + (0..<14).map { "\(Double(($0 * 7 + step * 3 + number) % 19) / 10 - 0.9)" }
          .joined(separator: ",") + "]"
      }
      let seed = number < 3 ? "" : ",\"seed\":\(number)"
      return
        "{\"id\":\(number + 1),\"observations\":{\"state\":[\(rows.joined(separator: ","))]}\(seed)}"
    }
    let act = try Tool.run(
      ["act", "--policy", "policy"], in: folder,
      input: documents.joined(separator: "\n") + "\n")
    try Data(act.output.utf8).write(to: URL(fileURLWithPath: folder.file("answers")))
    try Data(documents.joined(separator: "\n").utf8)
      .write(to: URL(fileURLWithPath: folder.file("documents")))
    let trial = """
      import json, sys
      sys.path.insert(0, sys.argv[1])
      from client import Policy, rollout
      policy = Policy(sys.argv[2])
      for line, expected in zip(open("documents"), open("answers")):
          line, expected = json.loads(line), json.loads(expected)
          assert expected["id"] == line.pop("id") and expected["horizon"] == 4
          actions = policy.act(**line)
          assert actions == expected["actions"], (actions, expected)
      class Countdown:
          def reset(self, seed): self.left = 10; return [0.1] * 14, {}
          def step(self, action):
              assert len(action) == 2
              self.left -= 1
              return [0.1 * self.left] * 14, 0.5, self.left == 0, False, {}
      assert rollout(Countdown(), policy, seed=0) == 5.0
      try:
          policy.act({"state": [[0.0]]})
          raise SystemExit("a short observation is answered")
      except RuntimeError as error:
          assert "'state' has 1 value, expected 14" in str(error), error
      health = policy.ask("GET", "/health")
      assert health["decisions"] == 9 and health["malformed"] == 1, health
      """
    try Data(trial.utf8).write(to: URL(fileURLWithPath: folder.file("trial.py")))
    let scripts = URL(fileURLWithPath: script("client.py")).deletingLastPathComponent().path
    let result = try serving(from: folder) { address in
      let (status, output) = try Python.run(["trial.py", scripts, address], in: folder)
      #expect(status == 0, "\(output)")
    }
    #expect(result.status == 0)
    #expect(result.errors.contains("stopped after 9 decisions, every answer given"))
  }

  @Test func `the client's episodes show consecutive steps, and the example counts successes`()
    throws
  {
    let folder = try Scratch()
    let trial = """
      import sys
      sys.path[:0] = sys.argv[1:]
      from gymnasium_evaluation import evaluate
      class Fake:
          description = {"observations": [{"name": "state"}], "horizons": {"observation": 2}}
          def __init__(self): self.windows = []
          def act(self, observations): self.windows.append(observations["state"]); return [[0], [1], [2]]
      class Count:
          def reset(self, seed): self.at = seed; return [self.at], {}
          def step(self, action):
              self.at += 1
              return [self.at], 0.5, self.at % 10 == 7, False, {"is_success": self.at == 17}
      fake = Fake()
      assert evaluate(Count(), fake, [0, 10]) == (1, 3.5)
      assert fake.windows[:3] == [[[0]], [[2], [3]], [[5], [6]]], fake.windows
      assert fake.windows[3:] == [[[10]], [[12], [13]], [[15], [16]]], fake.windows
      """
    try Data(trial.utf8).write(to: URL(fileURLWithPath: folder.file("trial.py")))
    let scripts = URL(fileURLWithPath: script("client.py")).deletingLastPathComponent()
    let examples = scripts.appendingPathComponent("../Demos/examples").standardized
    let (status, output) = try Python.run(["trial.py", scripts.path, examples.path], in: folder)
    #expect(status == 0, "\(output)")
  }

  @Test func `those who ask at once get what each would get alone, or are told to come again`()
    throws
  {
    let folder = try policy()
    let trial = """
      import sys, threading
      sys.path.insert(0, sys.argv[1])
      from client import Policy
      def ask(number, answers, policy):
          try:
              state = [(number * 7 + index) % 19 / 10 - 0.9 for index in range(14)]
              answers[number] = policy.act({"state": [state]}, seed=number)
          except RuntimeError as error:
              assert "1 decision is waiting already" in str(error), error
              answers[number] = None
      alone, together = {}, {}
      policies = [Policy(sys.argv[2]) for _ in range(16)]
      for number in range(160):
          ask(number, alone, policies[0])
      def work(first):
          for number in range(first, 160, 16):
              ask(number, together, policies[first])
      threads = [threading.Thread(target=work, args=(first,)) for first in range(16)]
      for thread in threads: thread.start()
      for thread in threads: thread.join()
      health = policies[0].ask("GET", "/health")
      refused = sum(answer is None for answer in together.values())
      assert len(together) == 160 and refused == health["rejected"], (refused, health)
      if sys.argv[3] == "many":
          assert refused == 0 and health["largest_batch"] > 1, health
      else:
          assert refused > 0 and health["largest_batch"] == 1, health
      for number, answer in together.items():
          for action, expected in zip(answer or [], alone[number]):
              for a, b in zip(action, expected):
                  assert abs(a - b) < 1e-4, (number, action, expected)
      """
    try Data(trial.utf8).write(to: URL(fileURLWithPath: folder.file("together.py")))
    let scripts = URL(fileURLWithPath: script("client.py")).deletingLastPathComponent().path
    for (name, limits) in [
      ("many", []), ("few", ["--queue-limit", "1", "--batch-limit", "1", "--candidates", "64"]),
    ] {
      _ = try serving(from: folder, limits) { address in
        let (status, output) = try Python.run(["together.py", scripts, address, name], in: folder)
        #expect(status == 0, "\(name): \(output)")
      }
    }
  }

  @Test func `Ctrl-C ends it with 130`() throws {
    let result = try serving(from: try policy(), ending: SIGINT) { _ in }
    #expect(result.status == 130)
    #expect(result.errors == "dpolicy: stopped after 0 decisions, every answer given\n")
  }

  @Test(arguments: [
    (
      ["--host", "0.0.0.0"], "others can reach 0.0.0.0, so a token is needed as well"
    ),
    (["--host", "example.org"], "the host is 'example.org', but must be an address in digits"),
    (["--token", "short"], "the token must have at least 16 letters"),
    (["--batch-limit", "0"], "'--batch-limit' is 0, but must be 1…1024"),
    (["--queue-limit", "-1"], "'--queue-limit' is -1, but must be 1…65536"),
    (["--port", "65536"], "65536"),
  ])
  func `what cannot be served is refused with 64`(options: [String], message: String) throws {
    let result = try Tool.run(["serve", "--policy", "policy"] + options, in: try Scratch())
    #expect(result.status == 64)
    #expect(result.errors.contains(message), "\(result.errors)")
  }

  @Test func `a token is needed where one was given, and never told`() throws {
    let folder = try policy()
    let token = "a-token-of-this-test"
    let trial = """
      import sys
      sys.path.insert(0, sys.argv[1])
      from client import Policy
      Policy(sys.argv[2], token=sys.argv[3])
      for wrong in (None, "a-token-of-another-test"):
          try:
              Policy(sys.argv[2], token=wrong)
          except RuntimeError as error:
              assert "a token is needed" in str(error)
          else:
              raise SystemExit("answered without the token")
      """
    try Data(trial.utf8).write(to: URL(fileURLWithPath: folder.file("token.py")))
    let scripts = URL(fileURLWithPath: script("client.py")).deletingLastPathComponent().path
    let result = try serving(from: folder, ["--token", token]) { address in
      let (status, output) = try Python.run(["token.py", scripts, address, token], in: folder)
      #expect(status == 0, "\(output)")
    }
    #expect(!result.errors.contains(token))
  }

  @Test func `the log has a document a line, for each request and without the token`() throws {
    let folder = try policy()
    let token = "a-token-that-is-long-enough"
    let trial = """
      import sys, urllib.error, urllib.request
      def status(path, token):
          request = urllib.request.Request(sys.argv[1] + path)
          if token: request.add_header("Authorization", "Bearer " + token)
          try:
              with urllib.request.urlopen(request) as answer: return answer.status, answer.read().decode()
          except urllib.error.HTTPError as error: return error.code, ""
      code, text = status("metrics", sys.argv[2])
      assert code == 200 and "dpolicy_decisions_total 0\\n" in text, text
      assert status("nothing?token=" + sys.argv[2] + "x", None)[0] == 401
      """
    try Data(trial.utf8).write(to: URL(fileURLWithPath: folder.file("trial.py")))
    let options = ["--token", token, "--log-level", "debug", "--log-format", "json"]
    let result = try serving(from: folder, options) { address in
      let (status, output) = try Python.run(["trial.py", address, token], in: folder)
      #expect(status == 0, "\(output)")
    }
    let lines = result.errors.split(separator: "\n").filter { $0.hasPrefix("{") }
    let documents = try lines.map {
      try JSONDecoder().decode([String: String].self, from: Data($0.utf8))
    }
    #expect(documents.map { $0["message"] } == ["listening", "answered", "answered", "stopping"])
    #expect(documents.map { $0["path"] } == [nil, "/metrics", "/nothing", nil])
    #expect(documents.map { $0["status"] } == [nil, "200", "401", nil])
    #expect(documents.map { $0["level"] } == ["info", "debug", "info", "info"])
    let time = /\d{4}-\d\d-\d\dT[0-9:.]+Z?/
    #expect(documents.allSatisfy { $0["time"]?.wholeMatch(of: time) != nil })
    #expect(!result.errors.contains(token))
  }

  @Test(arguments: [
    ["load-serve", "--seconds", "1", "--clients", "50", "--decisions", "200"],
    ["fuzz-serve", "--seconds", "1.5", "--attackers", "12"],
    // Patient with a busy machine: what stalls takes ten seconds and more, or is refused.
    ["stall-serve", "--seconds", "0.4", "--slowest", "3000"],
  ])
  func `it holds many clients, and good ones among bad ones`(arguments: [String]) throws {
    let folder = try policy()
    let (status, output) = try Python.run(
      [script(arguments[0])] + arguments.dropFirst() + ["--tool", Tool.path, "--policy", "policy"],
      in: folder)
    #expect(status == 0, "\(output)")
  }
}
