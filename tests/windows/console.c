/* Runs a program in a console of its own, as a person does, and prints what the screen then shows.
 *
 *     console COMMAND...         waits for its end
 *     console -c FILE COMMAND... presses Ctrl-C as soon as the file exists and is not empty
 *
 * The exit code is the program's. */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

/* The rest of the command line, as it was given. */
static wchar_t *after(wchar_t *line, int words) {
    for (; words > 0; words--) {
        int quoted = 0;
        for (; *line && (quoted || *line != L' '); line++) quoted ^= *line == L'"';
        while (*line == L' ') line++;
    }
    return line;
}

static void wait_for(const wchar_t *path, HANDLE process) {
    WIN32_FILE_ATTRIBUTE_DATA found;
    while (WaitForSingleObject(process, 20) == WAIT_TIMEOUT) {
        if (GetFileAttributesExW(path, GetFileExInfoStandard, &found) && found.nFileSizeLow > 0) return;
    }
}

static void print_screen(HANDLE screen, HANDLE out) {
    CONSOLE_SCREEN_BUFFER_INFO info;
    wchar_t line[1024];
    char bytes[4096];
    GetConsoleScreenBufferInfo(screen, &info);
    for (SHORT row = 0; row <= info.dwCursorPosition.Y; row++) {
        DWORD count, written;
        COORD at = {0, row};
        ReadConsoleOutputCharacterW(screen, line, min(info.dwSize.X, 1024), at, &count);
        while (count > 0 && line[count - 1] == L' ') count--;
        int length = WideCharToMultiByte(CP_UTF8, 0, line, count, bytes, sizeof bytes - 1, NULL, NULL);
        bytes[length] = '\n';
        WriteFile(out, bytes, length + 1, &written, NULL);
    }
}

int wmain(int argc, wchar_t **argv) {
    int presses = argc > 3 && wcscmp(argv[1], L"-c") == 0;
    HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE);
    FreeConsole();
    if (!AllocConsole()) { fprintf(stderr, "console: no console: %lu\n", GetLastError()); return 99; }
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    DWORD both = GENERIC_READ | GENERIC_WRITE, shared = FILE_SHARE_READ | FILE_SHARE_WRITE;
    HANDLE screen = CreateFileW(L"CONOUT$", both, shared, &inherited, OPEN_EXISTING, 0, NULL);
    HANDLE keys = CreateFileW(L"CONIN$", both, shared, &inherited, OPEN_EXISTING, 0, NULL);
    COORD size = {120, 500};
    SetConsoleScreenBufferSize(screen, size);

    STARTUPINFOW start = {sizeof start};
    start.dwFlags = STARTF_USESTDHANDLES;
    start.hStdInput = keys;
    start.hStdOutput = start.hStdError = screen;
    PROCESS_INFORMATION made;
    wchar_t *line = _wcsdup(after(GetCommandLineW(), presses ? 3 : 1));
    if (!CreateProcessW(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &made)) {
        fprintf(stderr, "console: %ls: %lu\n", line, GetLastError());
        return 99;
    }
    if (presses) {
        wait_for(argv[2], made.hProcess);
        SetConsoleCtrlHandler(NULL, TRUE);
        GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0);
    }
    DWORD code;
    WaitForSingleObject(made.hProcess, INFINITE);
    GetExitCodeProcess(made.hProcess, &code);
    print_screen(screen, out);
    return code;
}
