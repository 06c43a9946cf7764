// SPDX-License-Identifier: Apache-2.0
import Inspection
import Stories
import Testing

@testable import Report

/// What the page says of changes in /dev, /proc and /sys.
@Suite struct PageWeightTests {
  @Test func whatLiesInSharedMemoryIsAFileLikeAnyOther() {
    let page = PageJourneyTests.page { story in
      story.open(10, "/dev/shm/in")
      story.open(10, "/dev/shm/copy", OpenFlags.creating, isCreated: true)
      story.change(10, .mkdir, "/dev/shm/jobs")
      story.change(10, .rename, "/dev/shm/old", to: "/dev/shm/new")
      story.change(10, .unlink, "/dev/shm/gone")
      story.open(10, "/dev/shm/psm_1", OpenFlags.creatingExclusively, isCreated: true)
      story.change(10, .unlink, "/dev/shm/psm_1")
    }
    #expect(page.contains("What it read  1 file\n  /dev/shm/in\n"), "\(page)")
    #expect(
      page.contains(
        """
        What it changed  4 paths
          created   /dev/shm/  copy  jobs/
          renamed   /dev/shm/old → /dev/shm/new
          deleted   /dev/shm/gone
          and 1 temporary file came and went below /dev/shm

        """), "\(page)")
  }

  @Test func whatActsOnTheWholeSystemIsNamed() {
    let page = PageJourneyTests.page { story in
      story.open(10, "/dev/loop0", OpenFlags.creating, isCreated: false)
      story.open(10, "/dev/sda", OpenFlags.readWriting)
      story.open(10, "/proc/sys/vm/swappiness", OpenFlags.creating, isCreated: false)
      story.open(10, "/proc/1/oom_score_adj", OpenFlags.writing)
      story.change(10, .mkdir, "/sys/fs/cgroup/job")
      story.open(10, "/sys/fs/cgroup/job/cgroup.procs", OpenFlags.creating, isCreated: false)
    }
    #expect(
      page.contains(
        """
        What it changed  6 paths
          created   /sys/fs/cgroup/job/
          wrote     /dev/loop0
                    /proc/  sys/vm/swappiness  1/oom_score_adj
                    /sys/fs/cgroup/job/cgroup.procs
          opened rw /dev/sda

        """), "\(page)")
  }

  @Test func whatEverybodyOpensToWriteIsNoChange() {
    let page = PageJourneyTests.page { story in
      for device in ["null", "tty", "tty1", "pts/3", "zero", "full", "urandom", "ptmx", "console"] {
        story.open(10, ByteString("/dev/" + device), OpenFlags.writing)
      }
    }
    #expect(page.contains("What it changed  no file was made, written, renamed or deleted"), "\(page)")
  }

  @Test func whatAProcessSetsForItselfIsCounted() {
    let page = PageJourneyTests.page { story in
      story.open(10, "/proc/10/comm", OpenFlags.writing)
      story.open(10, "/proc/10/task/10/comm", OpenFlags.writing)
      story.open(10, "/proc/10/oom_score_adj", OpenFlags.writing)
    }
    #expect(page.contains("What it changed  3 paths\n  wrote     3 in /proc\n"), "\(page)")
  }
}
