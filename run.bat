@echo off
rem Sets Packdesk up in this checkout and starts it, as ./run does elsewhere.
rem Plain ASCII up to the end: cmd misreads labels after other characters in some code pages.
setlocal
set "PACKDESK_PYTHON="
call :try py -3.12
if not defined PACKDESK_PYTHON call :try py -3
if not defined PACKDESK_PYTHON call :try python
if not defined PACKDESK_PYTHON goto missing
%PACKDESK_PYTHON% "%~dp0run" %*
exit /b %ERRORLEVEL%

:try
rem The stub of the Microsoft Store starts nothing and ends with 9009; an older Python ends with 1.
%* -c "import sys; sys.exit(0 if sys.version_info >= (3, 11) else 1)" >nul 2>nul
if not errorlevel 1 set "PACKDESK_PYTHON=%*"
exit /b 0

:missing
echo Packdesk needs Python 3.11 or newer (not the Microsoft Store stub): install Python 3.12 from python.org.
chcp 65001 >nul
echo 需要 Python 3.11 或更新版本（应用商店的占位程序不算）：请从 python.org 安装 Python 3.12，然后再运行。
exit /b 3
