import Foundation
import Neural
import TestSupport
import Testing

@Suite struct SafetensorsTests {
  private func path(_ name: String) -> String {
    FileManager.default.temporaryDirectory
      .appendingPathComponent("\(ProcessInfo.processInfo.processIdentifier)-\(name)").path
  }

  @Test func `a file that is written is read back the same`() throws {
    let contents = Safetensors(
      tensors: [
        "a.weight": Tensor(shape: [2, 3], elements: [1, -2, 3.5, 0, 1e-20, -7]),
        "scalar": Tensor(shape: [], elements: [4]),
        "empty": Tensor(shape: [0, 5], elements: []),
      ], metadata: ["note": "a \"quoted\" text / ü"])
    let path = path("round.safetensors")
    defer { try? FileManager.default.removeItem(atPath: path) }
    try contents.write(to: path)
    #expect(try Safetensors(contentsOf: path) == contents)
    #expect(try contents.encoded() == contents.encoded())
  }

  @Test func `bytes follow the published layout`() throws {
    let file = try Safetensors(tensors: ["x": Tensor(shape: [2], elements: [1, 2])]).encoded()
    let length = Int(file[0]) + Int(file[1]) << 8
    #expect((8 + length) % 8 == 0)
    let header = String(decoding: file[8..<8 + length], as: UTF8.self)
    #expect(
      header.trimmingCharacters(in: .whitespaces)
        == #"{"x":{"data_offsets":[0,8],"dtype":"F32","shape":[2]}}"#)
    #expect(Array(file.suffix(8)) == [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40])
  }

  @Test func `weights stand in files as PyTorch has them`() throws {
    let table = ParameterTable()
    _ = Linear(table.root["layer"], inputs: 2, outputs: 3)
    let weights = FloatBuffer(count: table.count)
    for i in 0..<6 { weights.pointer[i] = Float(i) }  // [in, out]: row i is input i
    let tensors = table.tensors(weights)
    #expect(tensors["layer.weight"] == Tensor(shape: [3, 2], elements: [0, 3, 1, 4, 2, 5]))
    let copy = FloatBuffer(count: table.count)
    try table.load(copy, from: Safetensors(tensors: tensors), path: "memory")
    #expect(Array(copy.elements) == Array(weights.elements))
  }

  @Test func `a header that does not share out the bytes is refused`() {
    func header(_ text: String, body: Int, largest: Int = 1000) -> String {
      var file = withUnsafeBytes(of: UInt64(text.utf8.count).littleEndian) { Data($0) }
      file += Data(text.utf8) + Data(repeating: 0, count: body)
      return message { _ = try Safetensors(decoding: file, path: "f", largestHeader: largest) }
    }
    func entry(_ name: String, _ from: Int, _ to: Int) -> String {
      #""\#(name)":{"dtype":"F32","shape":[\#((to - from) / 4)],"data_offsets":[\#(from),\#(to)]}"#
    }
    #expect(
      header("{\(entry("x", 0, 8)),\(entry("y", 4, 12))}", body: 12).contains(
        "'y' overlaps another"))
    #expect(
      header("{\(entry("x", 0, 4)),\(entry("y", 8, 12))}", body: 12)
        .contains("'y' leaves bytes before it unused"))
    #expect(
      header("{\(entry("x", 0, 4)),\(entry("x", 0, 4))}", body: 4).contains("in its header twice"))
    #expect(
      header("{\(entry("x", 0, 4))}", body: 5).contains("1 bytes at its end belong to no tensor"))
    #expect(
      header("{\(entry("x", 0, 4))}", body: 4, largest: 40).contains("at most 40 can be needed"))
  }

  @Test func `a file cut short, another file and another network are named as such`() throws {
    let whole = try Safetensors(tensors: ["x": Tensor(shape: [4], elements: [1, 2, 3, 4])])
      .encoded()
    for count in [0, 4, 20, whole.count - 1] {
      let text = message {
        _ = try Safetensors(decoding: whole.prefix(count), path: "f.safetensors")
      }
      #expect(text.hasPrefix("f.safetensors: not a whole safetensors file"), "\(count): \(text)")
    }
    let text = message { _ = try Safetensors(decoding: Data("hello, world".utf8), path: "f") }
    #expect(text.contains("not a whole safetensors file"))
    for (shape, range) in [
      ("4611686018427387904,4", "0,4"), ("1", "4,8"), ("1", "0,8"),
      ("1", "\(Int.max),\(Int.min)"),
    ] {
      let entry = #"{"x":{"dtype":"F32","shape":[\#(shape)],"data_offsets":[\#(range)]}}"#
      var file = Data([UInt8(entry.utf8.count)] + Array(repeating: 0, count: 7))
      file += Data(entry.utf8) + Data(repeating: 0, count: 4)
      let text = message { _ = try Safetensors(decoding: file, path: "f") }
      #expect(text.contains("'x' lies outside the file"), "\(text)")
    }
    #expect(
      message { _ = try Safetensors(contentsOf: "/no/such") }.hasPrefix("/no/such: cannot read"))
    let table = ParameterTable()
    _ = Linear(table.root, inputs: 2, outputs: 3, hasBias: false)
    let buffer = FloatBuffer(count: table.count)
    let extra = Safetensors(tensors: [
      "weight": Tensor(shape: [3, 2], elements: Array(repeating: 0, count: 6)),
      "more": Tensor(shape: [1], elements: [0]),
    ])
    #expect(message { try table.check(extra, path: "f") }.contains("holds a tensor 'more', which"))
    let other = Safetensors(tensors: [
      "weight": Tensor(shape: [2, 3], elements: Array(0..<6).map { Float($0) })
    ])
    #expect(
      message { try table.load(buffer, from: other, path: "f") }
        == "f: tensor 'weight' has shape [2, 3], the network needs [3, 2]")
    #expect(
      message { try table.load(buffer, from: Safetensors(tensors: [:]), path: "f") }
        .hasPrefix("f: no tensor 'weight'"))
  }

  /// Runs Python; nil where it or its safetensors package is missing.
  private func python(_ code: String) throws -> String? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", code]
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return process.terminationStatus == 0 ? String(decoding: output, as: UTF8.self) : nil
  }

  private static let hasPackage: Bool =
    (try? SafetensorsTests().python("import safetensors.numpy")) ?? nil != nil

  @Test(.enabled(if: hasPackage, "Python has no package safetensors"))
  func `the safetensors package reads ours and we read its`() throws {
    let (ours, theirs) = (path("ours.safetensors"), path("theirs.safetensors"))
    defer {
      for file in [ours, theirs] { try? FileManager.default.removeItem(atPath: file) }
    }
    let contents = Safetensors(
      tensors: [
        "b": Tensor(shape: [2, 2], elements: [1, 2, 3, 4]), "a": Tensor(shape: [], elements: [0.5]),
      ], metadata: ["k": "v"])
    try contents.write(to: ours)
    let seen = try python(
      """
      import numpy, safetensors.numpy as s
      t = s.load_file("\(ours)")
      print(sorted(t), t["b"].tolist(), t["a"].item(), t["b"].dtype)
      s.save_file({"x": numpy.arange(6, dtype="f4").reshape(2, 3), "h": numpy.array([1.5], "f2"),
        "d": numpy.array([0.25], "f8")}, "\(theirs)")
      """)
    #expect(seen == "['a', 'b'] [[1.0, 2.0], [3.0, 4.0]] 0.5 float32\n")
    let read = try Safetensors(contentsOf: theirs)
    #expect(read.tensors["x"] == Tensor(shape: [2, 3], elements: [0, 1, 2, 3, 4, 5]))
    #expect(read.tensors["h"] == Tensor(shape: [1], elements: [1.5]))
    #expect(read.tensors["d"] == Tensor(shape: [1], elements: [0.25]))
  }
}
