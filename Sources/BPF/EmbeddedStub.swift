internal import CLibBPF
