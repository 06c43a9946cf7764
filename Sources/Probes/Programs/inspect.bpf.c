typedef unsigned int __u32;
int x;
