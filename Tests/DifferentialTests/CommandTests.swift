// SPDX-License-Identifier: Apache-2.0
import SystemPackage
import TestSupport
import Testing

extension Differential {
  /// Real commands, as people run them.
  @Suite(.serialized) struct Commands {
    @Test func aPipelineIsToldAsStraceTellsIt() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let script = """
        printf '%s\\n' three two one | sort | tee sorted | while read -r word; do echo "$word" | tr a-z A-Z; done | wc -l
        cat missing 2>/dev/null || true
        (cd / && ls etc/hostname) >listed
        for i in 1 2 3; do /bin/true $i; done
        x=$(readlink -f sorted) && [ -e "$x" ] && rm -- "$x"
        test -e sorted && exit 1
        exit 9
        """
      try expectAgreement(
        laboratory, ["/bin/sh", "-c", script], status: 9, least: [.exec: 9, .open: 40, .exit: 15])
    }

    @Test func bashAndItsProcessSubstitutionsAreToldAsStraceTellsThem() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let script = """
        cat <(echo one) <(echo two) > both; declare -a words=(a b c); mkdir -p {x,y}/{1,2}; cd x/1 && pwd
        printf '%s\\n' "${words[@]}" > >(cat > words); cat < ../../both; . ./missing 2>/dev/null; command -v nothing; wait
        true
        """
      try expectAgreement(laboratory, ["/bin/bash", "-c", script], least: [.exec: 4, .open: 20, .change: 4])
    }

    @Test func aLocalGitCloneIsToldAsStraceTellsIt() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let git = try Requirement.tool("git", package: "git")
      let home = laboratory.work.string
      let environment = [
        "HOME": home, "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@b", "GIT_AUTHOR_DATE": "1700000000 +0000",
        "GIT_COMMITTER_DATE": "1700000000 +0000",
      ]
      try expectAgreement(
        laboratory, [git, "clone", "--branch", "other", "origin", "copy"], environment: environment,
        // Whether symbolic links work here is tried with a name of mkstemp's.
        normalization: Normalization.kernelNumbers.randomNames(after: "/copy/.git/t", length: 6),
        least: [.exec: 2, .open: 60, .change: 40, .lookup: 60]
      ) { work in
        let script = """
          git init -q origin && cd origin && echo text > file && mkdir d && echo more > d/file && git add . \
          && git commit -qm first && git checkout -qb other && echo x >> file && git commit -qam second
          """
        try Command(
          ["/bin/sh", "-c", script], environment: Command.plainEnvironment.merging(environment) { $1 },
          in: work
        ).succeed()
      }
    }

    @Test func aVirtualEnvironmentIsToldAsStraceTellsIt() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      // Compiled files get temporary names made of memory addresses, so none are written.
      try expectAgreement(
        laboratory, ["/usr/bin/python3", "-m", "venv", "--without-pip", "environment"],
        environment: ["PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"],
        least: [.exec: 1, .open: 100, .change: 10, .lookup: 100])
    }

    @Test func installingALocalWheelIsToldAsStraceTellsIt() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let temporary = laboratory.work.string + "/temporary"
      let maker = Requirement.repository.appending("Tests/Programs/wheel.py").string
      let environment = [
        "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0", "HOME": laboratory.work.string,
        "TMPDIR": temporary, "PIP_NO_INPUT": "1", "PIP_CONFIG_FILE": "/dev/null",
      ]
      // Python's tempfile takes names from the kernel's random numbers. These are the ones that pip asks it for.
      let temporaries = ["unpack", "install", "ephem-wheel-cache", "build-tracker", "target"].map {
        "/pip-\($0)-"
      }
      let replaced = ["INSTALLER", "RECORD", "direct_url.json"].map { "/small-1.0.dist-info/\($0)" }
      let normalization = (temporaries + replaced + [temporary + "/"])
        .reduce(Normalization.kernelNumbers) { $0.randomNames(after: $1, length: 8) }
      try expectAgreement(
        laboratory,
        [
          "/usr/bin/python3", "-m", "pip", "install", "--no-index", "--no-compile", "--no-cache-dir",
          "--disable-pip-version-check", "--root-user-action=ignore", "--target", "target",
          "small-1.0-py3-none-any.whl",
        ], environment: environment, normalization: normalization,
        least: [.exec: 1, .open: 400, .change: 10, .lookup: 400]
      ) { work in
        try Files.makeDirectory(FilePath(temporary))
        try Command(["/usr/bin/python3", maker, "small-1.0-py3-none-any.whl"], in: work).succeed()
      }
    }

    @Test func makingASmallProjectIsToldAsStraceTellsIt() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let make = try Requirement.tool("make", package: "make")
      // gcc and its linker take the names of their temporary files from the clock.
      let normalization = Normalization.kernelNumbers.randomNames(
        after: laboratory.work.string + "/cc", length: 6)
      try expectAgreement(
        laboratory, [make, "-j2", "all", "install"], environment: ["TMPDIR": laboratory.work.string],
        normalization: normalization, least: [.exec: 10, .open: 200, .change: 10]
      ) { work in
        try Files.write("int one(void) { return 1; }\n".utf8, to: work.appending("one.c"))
        try Files.write(
          "#include \"one.h\"\nint main(void) { return one() - 1; }\n".utf8, to: work.appending("main.c"))
        try Files.write("int one(void);\n".utf8, to: work.appending("one.h"))
        let makefile = """
          all: program
          program: main.o one.o
          \t$(CC) -o $@ $^
          main.o: one.h
          install: program
          \tmkdir -p bin && cp program bin/ && ln -sf program bin/alias && chmod 0500 bin/program && bin/program
          .PHONY: all install

          """
        try Files.write(makefile.utf8, to: work.appending("Makefile"))
      }
    }

    @Test func anArchiveAndItsExtractionAreToldAsStraceTellsThem() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let script = """
        set -e
        tar -cf archive.tar tree && mkdir out && tar -xf archive.tar -C out && tar -tf archive.tar >/dev/null
        gzip archive.tar && tar -xzf archive.tar.gz -C out --overwrite && cp -a tree copy && mv copy moved && rm -r moved
        """
      try expectAgreement(
        laboratory, ["/bin/sh", "-c", script], least: [.exec: 9, .open: 80, .change: 60]
      ) { work in
        let script = """
          mkdir -p tree/a/b tree/c; for i in 1 2 3 4 5; do echo $i > tree/a/$i; echo $i > tree/a/b/$i; done
          ln -s ../a/1 tree/c/symbolic; ln tree/a/2 tree/c/hard; chmod 0640 tree/a/3; chown 12:34 tree/a/4
          """
        try Command(["/bin/sh", "-c", script], in: work).succeed()
      }
    }

    @Test func aSearchThroughATreeIsToldAsStraceTellsIt() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try expectAgreement(
        laboratory,
        ["/usr/bin/find", "-L", ".", "-type", "f", "-newer", "1/2", "-exec", "/bin/cat", "{}", ";"],
        least: [.exec: 10, .open: 60, .lookup: 20]
      ) { work in
        let script = """
          for i in 1 2 3 4; do mkdir $i; for j in 1 2 3 4; do echo x > $i/$j; done; done
          ln -s 1 link; ln -s nowhere dangling; touch -d 2020-01-01 1/2
          """
        try Command(["/bin/sh", "-c", script], in: work).succeed()
      }
    }

    @Test func aPythonProgramWithThreadsAndChildrenIsToldAsStraceTellsIt() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let script = Requirement.repository.appending("Tests/Programs/threads.py").string
      try expectAgreement(
        laboratory, ["/usr/bin/python3", script],
        environment: ["PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"],
        least: [.exec: 97, .exit: 97, .open: 400])
    }

    @Test func hostileNamesAreToldByteForByteAsStraceTellsThem() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let script = Requirement.repository.appending("Tests/Programs/names.py").string
      try expectAgreement(
        laboratory, ["/usr/bin/python3", script], environment: ["PYTHONDONTWRITEBYTECODE": "1"],
        least: [.exec: 10, .open: 40, .change: 30])
    }
  }
}
