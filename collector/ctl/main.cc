#include "collector/ctl/command_line.h"

int main(int argc, char** argv) { return steward::collector::RunCommandLine(argc, argv); }
